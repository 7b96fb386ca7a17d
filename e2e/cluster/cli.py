"""The command line of the cluster: one verb a thing a person wants, one line a result."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from e2e.cluster import faults, images, layout, packages, preflight, store
from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import tail
from e2e.cluster.progress import say
from e2e.cluster.spec import ClusterSpec, StoreKind, make_spec
from e2e.cluster.status import status


def main(argv: Sequence[str]) -> int:
    """Run one command; a failure is one message on standard error and exit status 1."""
    options = _parser().parse_args(argv)
    try:
        preflight.check_machine()
        options.run(options)
    except ClusterError as exc:
        print(f"error: {exc}", file=sys.stderr)
    except OSError as exc:
        # A disk that fills up half-way, say. What is there so far, the next `up` or `down` deals with.
        print(f"error: {exc}; the command can be repeated", file=sys.stderr)
    except KeyboardInterrupt:
        print("error: interrupted; the command can be repeated", file=sys.stderr)
    else:
        return 0
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m e2e.cluster", description="A real Kubernetes cluster on this machine."
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, run: object, text: str, *arguments: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        for argument in arguments:
            added.add_argument(argument)
        return added

    up = verb("up", _up, "start the cluster, or bring it back into shape")
    up.add_argument("--nodes", type=int, help="how many nodes, 1 to 4 (default 2)")
    up.add_argument("--label", action="append", default=[], metavar="NODE:KEY=VALUE", help="label a node")
    up.add_argument("--taint", action="append", default=[], metavar="NODE:KEY[=VALUE]:EFFECT", help="taint a node")
    up.add_argument("--store", choices=[kind.value for kind in StoreKind], help="the S3 server (default minio)")
    verb("build", _build, "make all that `up` needs (packages, programs, images), and start nothing")
    verb("down", _down, "end the cluster and leave nothing but caches and logs")
    verb("status", _status, "show what runs, with its memory, and the nodes")
    verb("kubeconfig", _kubeconfig, "print the path of the administrator's kubeconfig")
    kubectl = verb("kubectl", _kubectl, "run the cluster's kubectl as administrator")
    kubectl.add_argument("words", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    verb("store", _store, "print the store's address, bucket and restricted user as environment variables")
    logs = verb("logs", _logs, "print the log of a component, of this run or else of the last", "component")
    logs.add_argument("--lines", type=int, default=200, help="how many of its last lines (default 200)")
    built = verb("images", _images, "build the images")
    built.add_argument("names", nargs="*", help="which; all by default")
    verb("load-image", _load_image, "build an image and put it into every node", "name")
    verb("stop-node", _stop_node, "fault: cut a node's power", "node")
    verb("start-node", _start_node, "power a node on again", "node")
    verb("partition", _partition, "fault: pull a node's cable", "node")
    verb("heal", _heal, "plug a node's cable in again", "node")
    verb("kill", _kill, "fault: kill a component; `up` starts it again", "component")
    verb("store-stop", _store_stop, "fault: stop the store")
    started = verb("store-start", _store_start, "start the store again, or another kind in its place")
    started.add_argument("--store", choices=[kind.value for kind in StoreKind])
    verb("store-slow", _store_slow, "fault: limit the store's bandwidth (such as 8mbit; `off` lifts it)", "rate")
    return parser


def _up(options: argparse.Namespace) -> None:
    cluster = Cluster()
    cluster.up(_wanted(options))
    say(f"✓ up; next: export KUBECONFIG={cluster.kubeconfig}")


def _build(_options: argparse.Namespace) -> None:
    Cluster().build()


def _wanted(options: argparse.Namespace) -> ClusterSpec | None:
    if options.nodes is None and options.store is None and not options.label and not options.taint:
        return None
    return make_spec(
        nodes=2 if options.nodes is None else options.nodes,
        labels=options.label,
        taints=options.taint,
        store=StoreKind(options.store or StoreKind.MINIO),
    )


def _down(_options: argparse.Namespace) -> None:
    Cluster().down()


def _status(_options: argparse.Namespace) -> None:
    print(status(Cluster()))


def _kubeconfig(_options: argparse.Namespace) -> None:
    cluster = Cluster()
    cluster.require()
    print(cluster.kubeconfig)


def _kubectl(options: argparse.Namespace) -> None:
    kubectl = Cluster().kubectl
    words = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", *options.words]
    os.execv(words[0], words)  # noqa: S606 - to become it: its terminal, signals and exit status are then its own


def _store(_options: argparse.Namespace) -> None:
    cluster = Cluster()
    cluster.require()
    print(store.environment(cluster.store.access()))


def _logs(options: argparse.Namespace) -> None:
    run = layout.current().logs
    path = run / f"{options.component}.log"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in run.glob("*.log"))) or "none yet"
        msg = f"there is no log of {options.component!r}; there are: {known}"
        raise ClusterError(msg)
    say(f"… the last {options.lines} lines of {path}")
    print(tail(path, options.lines))


def _images(options: argparse.Namespace) -> None:
    preflight.check_build()
    packages.install()
    for name in options.names or images.available():
        image = images.build(name)
        print(f"{image.reference}  {image.id[:19]}  {image.size / 2**20:.0f} MiB")


def _load_image(options: argparse.Namespace) -> None:
    cluster = Cluster()
    cluster.require()
    cluster.load_image(images.build(options.name))


def _stop_node(options: argparse.Namespace) -> None:
    faults.stop_node(Cluster(), options.node)


def _start_node(options: argparse.Namespace) -> None:
    Cluster().start_node(options.node)


def _partition(options: argparse.Namespace) -> None:
    faults.partition(Cluster(), options.node)


def _heal(options: argparse.Namespace) -> None:
    faults.heal(Cluster(), options.node)


def _kill(options: argparse.Namespace) -> None:
    print(f"killed {options.component}, pid {faults.kill(Cluster(), options.component)}")


def _store_stop(_options: argparse.Namespace) -> None:
    faults.stop_store(Cluster())


def _store_start(options: argparse.Namespace) -> None:
    Cluster().start_store(StoreKind(options.store) if options.store else None)


def _store_slow(options: argparse.Namespace) -> None:
    faults.slow_store(Cluster(), None if options.rate == "off" else options.rate)
