"""Figures: drawn on, shared with variables, and with callbacks of the user."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

_MATPLOTLIB = ("matplotlib",)

CASES = (
    Case(
        "a figure with several axes shares its artists with variables",
        make=r"""
        import matplotlib.pyplot as plt
        fig, axes = plt.subplots(2, 2, sharex=True)
        (line,) = axes[0, 0].plot([1, 2, 3], label="l")
        twin_axes = axes[0, 0].twinx()
        patches = axes[0, 1].bar(["a", "b"], [1, 2])
        legend = axes[0, 0].legend()
        fig.suptitle("title")
        plt.close(fig)
        """,
        check=r"""
        line.set_ydata([3, 2, 1])
        assert fig.axes[0].lines[0] is line and axes[0, 0] is fig.axes[0] and line.figure is fig
        assert list(axes[0, 0].lines[0].get_ydata()) == [3, 2, 1]
        assert twin_axes.get_shared_x_axes().joined(twin_axes, axes[0, 0])
        assert patches[1].get_height() == 2 and legend.get_texts()[0].get_text() == "l"
        axes[1, 0].set_xlim(0, 7)
        assert axes[0, 0].get_xlim() == (0, 7) and fig.get_suptitle() == "title"
        """,
        needs=_MATPLOTLIB,
    ),
    Case(
        "a moved figure is drawn to the same picture",
        make=r"""
        import io, matplotlib.pyplot as plt, numpy as np
        def picture(figure):
            target = io.BytesIO()
            figure.savefig(target, format="raw", dpi=40)
            return target.getvalue()
        drawn_figure = plt.figure(figsize=(2, 2))
        drawn_axes = drawn_figure.add_subplot(projection="polar")
        drawn_axes.plot(np.linspace(0, 6), np.linspace(0, 1), "r--")
        picture_before = picture(drawn_figure)
        plt.close(drawn_figure)
        """,
        check="assert picture(drawn_figure) == picture_before and drawn_axes is drawn_figure.axes[0]",
        needs=_MATPLOTLIB,
    ),
    Case(
        "the choice of how figures are shown in the notebook is as set",
        make=r"""
        import matplotlib.pyplot as plt
        %matplotlib inline
        %config InlineBackend.figure_formats = ["svg"]
        """,
        check=r"""
        from matplotlib_inline.config import InlineBackend
        assert InlineBackend.instance().figure_formats == {"svg"}
        """,
    ),
    Case(
        "colour maps, norms, formatters and locators with functions of the user work",
        make=r"""
        import matplotlib as mpl, numpy as np
        from matplotlib import colors, ticker
        own_cmap = colors.LinearSegmentedColormap.from_list("own", ["black", "white"]).with_extremes(bad="red")
        own_norm = colors.FuncNorm((np.sqrt, np.square), vmin=0, vmax=4)
        euro = ticker.FuncFormatter(lambda value, position: f"{value:.0f} €")
        mappable = mpl.cm.ScalarMappable(own_norm, own_cmap)
        """,
        check=r"""
        assert own_cmap(0.0) == (0, 0, 0, 1) and tuple(own_cmap(np.nan)) == (1, 0, 0, 1) and euro(3, 0) == "3 €"
        assert float(own_norm(1)) == 0.5 and mappable.norm is own_norm and mappable.to_rgba(4)[0] == 1.0
        """,
        needs=_MATPLOTLIB,
    ),
    Case(
        "callbacks of the user on a figure are called with moved objects",
        make=r"""
        from matplotlib.figure import Figure
        xlim_changes, drawn_events = [], []
        event_figure = Figure()
        event_axes = event_figure.subplots()
        def on_xlim(axes): xlim_changes.append(axes.get_xlim())
        event_axes.callbacks.connect("xlim_changed", on_xlim)
        def on_draw(event): drawn_events.append(event.name)
        event_figure.canvas.mpl_connect("draw_event", on_draw)
        """,
        check=r"""
        event_axes.set_xlim(0, 5)
        assert xlim_changes == [(0.0, 5.0)]
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        FigureCanvasAgg(event_figure).draw()
        assert drawn_events == ["draw_event"]
        """,
        needs=_MATPLOTLIB,
    ),
    Case(
        "an animation with a function of the user gives its frames, or is named",
        make=r"""
        import matplotlib.pyplot as plt
        from matplotlib.animation import FuncAnimation
        animated_figure, animated_axes = plt.subplots(figsize=(1, 1))
        (animated_line,) = animated_axes.plot([0], [0])
        def advance(frame):
            animated_line.set_data([frame], [frame])
            return (animated_line,)
        animation = FuncAnimation(animated_figure, advance, frames=3, cache_frame_data=False)
        plt.close(animated_figure)
        animation._draw_was_started = True
        """,
        check=r"""
        advance(2)
        assert animated_axes.lines[0] is animated_line and list(animated_line.get_xdata()) == [2]
        if "animation" in globals():
            assert list(animation.new_frame_seq()) == [0, 1, 2]
        """,
        needs=_MATPLOTLIB,
        expected={"animation": EITHER},
        alone=True,
    ),
    Case(
        "figures that pyplot knows are known to it afterwards, the current one too",
        make=r"""
        %matplotlib agg
        import matplotlib.pyplot as plt
        figure_one, figure_two = plt.figure("one"), plt.figure("two")
        axes_of_one = figure_one.add_subplot()
        plt.figure("one")
        plt.plot([1, 2], [3, 4])
        """,
        check=r"""
        assert plt.gcf() is figure_one and plt.gca() is axes_of_one and plt.get_figlabels() == ["one", "two"]
        plt.plot([1], [1])
        assert len(axes_of_one.lines) == 2 and plt.figure("two") is figure_two
        """,
        needs=_MATPLOTLIB,
        alone=True,
    ),
    Case(
        "images, quivers, contours, a table and text with arrows survive together",
        make=r"""
        import matplotlib.pyplot as plt, numpy as np
        art_figure, art_axes = plt.subplots(1, 3)
        image_data = np.eye(4)
        image = art_axes[0].imshow(image_data)
        colorbar = art_figure.colorbar(image, ax=art_axes[0])
        contours = art_axes[1].contour(np.add.outer(range(4), range(4)), levels=[2, 4])
        note = art_axes[2].annotate("here", (0.5, 0.5), (0.1, 0.1), arrowprops={"arrowstyle": "->"})
        three_d = plt.figure().add_subplot(projection="3d")
        surface = three_d.plot_surface(*np.meshgrid([0, 1], [0, 1]), np.eye(2))
        plt.close("all")
        """,
        check=r"""
        assert colorbar.mappable is image and image.colorbar is colorbar and list(contours.levels) == [2, 4]
        image.set_clim(0, 9)
        assert colorbar.vmax == 9 and note.arrow_patch is not None and note.figure is art_figure
        three_d.view_init(10, 20)
        assert three_d.elev == 10 and surface.axes is three_d
        """,
        needs=_MATPLOTLIB,
        limit="matplotlib forgets what connects a colour bar to its image",
    ),
    Case(
        "widgets of a figure, a slider with a callback, still belong to it",
        make=r"""
        import matplotlib.pyplot as plt
        from matplotlib.widgets import Slider
        slider_values = []
        slider_figure, slider_axes = plt.subplots()
        slider = Slider(slider_axes, "s", 0, 10, valinit=3)
        slider.on_changed(slider_values.append)
        plt.close(slider_figure)
        """,
        check=r"""
        if "slider" in globals():
            slider.set_val(7)
            assert slider_values == [7] and slider.val == 7 and slider.ax is slider_axes
        """,
        needs=_MATPLOTLIB,
    ),
)
