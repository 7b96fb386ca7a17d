"""Widgets, displays, and libraries that people have in notebooks besides."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

_WIDGETS = ("ipywidgets",)

CASES = (
    Case(
        "widgets keep values, children and options",
        make=r"""
        import ipywidgets as w
        slider_w, text_w = w.IntSlider(value=7, max=20, description="s"), w.Text("hello")
        box_w = w.VBox([slider_w, w.HBox([text_w])])
        choice_w = w.Dropdown(options=[("one", 1), ("two", 2)], value=2)
        """,
        check=r"""
        assert slider_w.value == 7 and slider_w.max == 20 and box_w.children[0] is slider_w
        assert box_w.children[1].children[0] is text_w and choice_w.value == 2
        choice_w.value = 1
        assert choice_w.label == "one"
        """,
        needs=_WIDGETS,
    ),
    Case(
        "observers of the user are called, links hold, and buttons click",
        make=r"""
        import ipywidgets as w
        observed, clicked = [], []
        left_w, right_w = w.IntText(1), w.IntText(1)
        def on_left(change): observed.append(change.new)
        left_w.observe(on_left, "value")
        link_w = w.link((left_w, "value"), (right_w, "value"))
        button_w = w.Button(description="b")
        button_w.on_click(lambda b: clicked.append(b))
        """,
        check=r"""
        left_w.value = 5
        assert observed == [5] and right_w.value == 5
        right_w.value = 6
        assert left_w.value == 6 and observed == [5, 6]
        button_w.click()
        assert clicked == [button_w]
        """,
        needs=_WIDGETS,
    ),
    Case(
        "interactive controls call the user's function with their values",
        make=r"""
        import ipywidgets as w
        interactions = []
        def on_interaction(n=2, flag=True): interactions.append((n, flag))
        interactive_w = w.interactive(on_interaction, n=(0, 10))
        output_w = w.Output()
        """,
        check=r"""
        interactive_w.children[0].value = 4
        interactive_w.update()
        assert interactions[-1] == (4, True) and interactive_w.kwargs == {"n": 4, "flag": True}
        """,
        needs=_WIDGETS,
    ),
    Case(
        "classes with traits of the user keep values, validators and observers",
        make=r"""
        import traitlets
        class Config(traitlets.HasTraits):
            size = traitlets.Int(3)
            names = traitlets.List(traitlets.Unicode())
            log = traitlets.Any()
            @traitlets.default("log")
            def _log(self): return []
            @traitlets.validate("size")
            def _valid(self, proposal): return max(0, proposal["value"])
            @traitlets.observe("size")
            def _changed(self, change): self.log.append(change["new"])
        config = Config(names=["a"])
        config.size = 5
        """,
        check=r"""
        config.size = -4
        assert config.size == 0 and config.log == [5, 0] and config.names == ["a"] and type(config) is Config
        try:
            config.names = [1]
        except traitlets.TraitError:
            pass
        else:
            raise AssertionError("the trait checks nothing")
        """,
        needs=("traitlets",),
    ),
    Case(
        "display objects and display handles show the same",
        make=r"""
        from IPython.display import HTML, Image, JSON, Markdown, display
        html, markdown, json_shown = HTML("<b>x</b>"), Markdown("# t"), JSON({"a": [1]})
        image = Image(data=b"\x89PNG\r\n\x1a\n" + b"\0" * 30, format="png", width=5)
        display_handle = display(html, display_id="matrix-handle")
        class Shows:
            def _repr_html_(self): return "<i>me</i>"
            def _ipython_display_(self): print("displayed")
        shows = Shows()
        """,
        check=r"""
        assert html._repr_html_() == "<b>x</b>" and markdown.data == "# t" and json_shown.data == {"a": [1]}
        assert image.width == 5 and display_handle.display_id == "matrix-handle" and shows._repr_html_() == "<i>me</i>"
        display_handle.update(markdown)
        """,
    ),
    Case(
        "attrs classes with validators, converters and slots work",
        make=r"""
        import attrs
        @attrs.define
        class Slim:
            n: int = attrs.field(converter=int, validator=attrs.validators.ge(0))
            kids: list = attrs.field(factory=list, repr=False)
            def again(self): return super().__eq__(self)
        @attrs.frozen(cache_hash=True)
        class Stone:
            key: str
        slim, stone = Slim("4"), Stone("k")
        stone_hash = {stone: 1}
        slim.kids.append(slim)
        """,
        check=r"""
        assert slim.n == 4 and slim.kids[0] is slim and stone_hash[Stone("k")] == 1
        assert attrs.evolve(stone, key="z").key == "z"
        assert not hasattr(slim, "__dict__") and [a.name for a in attrs.fields(Slim)] == ["n", "kids"]
        try:
            slim.n = -1
        except ValueError:
            pass
        else:
            raise AssertionError("the validator is gone")
        """,
        needs=("attrs",),
    ),
    Case(
        "pydantic models with validators, private attributes and generics validate",
        make=r"""
        from typing import Generic, TypeVar
        import pydantic
        M = TypeVar("M")
        class Address(pydantic.BaseModel):
            city: str
            _hits: int = pydantic.PrivateAttr(default=0)
        class User(pydantic.BaseModel):
            model_config = pydantic.ConfigDict(validate_assignment=True)
            name: str
            address: Address
            @pydantic.field_validator("name")
            @classmethod
            def _upper(cls, value): return value.upper()
        class Page(pydantic.BaseModel, Generic[M]):
            items: list[M]
        user = User(name="ann", address={"city": "x"})
        user.address._hits = 3
        page = Page[User](items=[user])
        """,
        check=r"""
        user.name = "bob"
        assert user.name == "BOB" and user.address._hits == 3 and page.items[0] is user and type(page) is Page[User]
        assert User.model_validate_json(user.model_dump_json()) is not user and isinstance(page, Page)
        try:
            User(name=1, address=None)
        except pydantic.ValidationError:
            pass
        else:
            raise AssertionError("it validates nothing")
        """,
        needs=("pydantic",),
        limit="pydantic keeps generic models in a cache of its own, which does not know them again",
    ),
    Case(
        "pictures of pillow and their pixels are equal, closed files included",
        make=r"""
        from PIL import Image as PilImage, ImageDraw
        drawing = PilImage.new("RGB", (4, 4), "white")
        ImageDraw.Draw(drawing).point((1, 2), "red")
        drawing.info["dpi"] = (72, 72)
        drawing.save("drawing.png")
        opened_picture = PilImage.open("drawing.png")
        """,
        check=r"""
        assert drawing.getpixel((1, 2)) == (255, 0, 0) and drawing.info["dpi"] == (72, 72)
        if "opened_picture" in globals():
            assert opened_picture.getpixel((1, 2)) == (255, 0, 0) and opened_picture.size == (4, 4)
        """,
        needs=("PIL",),
        expected={"opened_picture": EITHER},
    ),
    Case(
        "http sessions, sorted containers, toml documents and rich tables are what they were",
        make=r"""
        import requests, sortedcontainers, tomlkit
        from rich.table import Table
        session = requests.Session()
        session.headers["X-Matrix"] = "1"; session.cookies.set("c", "v")
        by_length = sortedcontainers.SortedKeyList(["aaa", "b"], key=len)
        document = tomlkit.parse("# keep\n[a]\nb = 1 # note\n")
        table_shown = Table("h1"); table_shown.add_row("cell")
        """,
        check=r"""
        by_length.add("cc")
        assert session.headers["X-Matrix"] == "1" and session.cookies["c"] == "v"
        assert list(by_length) == ["b", "cc", "aaa"]
        document["a"]["b"] = 2
        assert tomlkit.dumps(document) == "# keep\n[a]\nb = 2 # note\n" and table_shown.row_count == 1
        """,
        needs=("requests", "sortedcontainers", "tomlkit", "rich"),
    ),
    Case(
        "keys of cryptography and compression contexts are named, never written down half",
        make=r"""
        # ferry: never-replay
        from cryptography.hazmat.primitives.asymmetric import ed25519
        import zstandard
        private_key = ed25519.Ed25519PrivateKey.generate()
        public_bytes = private_key.public_key().public_bytes_raw()
        compressor = zstandard.ZstdCompressor(level=3)
        """,
        check=r"""
        assert len(public_bytes) == 32
        assert "private_key" not in globals() or private_key.public_key().public_bytes_raw() == public_bytes
        """,
        needs=("cryptography", "zstandard"),
        expected={"private_key": EITHER, "compressor": EITHER},
        reasons={"private_key": "private_key", "compressor": "compressor"},
    ),
    Case(
        "wrapt and functools proxies around user functions and objects stay transparent",
        make=r"""
        import wrapt
        @wrapt.decorator
        def counted_calls(wrapped, instance, args, kwargs):
            calls_counted.append(wrapped.__name__)
            return wrapped(*args, **kwargs)
        calls_counted = []
        @counted_calls
        def plain_sum(a, b): return a + b
        object_proxy = wrapt.ObjectProxy([1, 2])
        """,
        check=r"""
        if "plain_sum" in globals():
            assert plain_sum(1, 2) == 3 and calls_counted[-1] == "plain_sum"
        if "object_proxy" in globals():
            assert len(object_proxy) == 2 and isinstance(object_proxy, list)
        """,
        needs=("wrapt",),
        expected=dict.fromkeys(("plain_sum", "object_proxy", "counted_calls", "calls_counted"), EITHER),
    ),
)
