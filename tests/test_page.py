"""The page of nest-meter report: what it is made of, and how it looks and behaves in a real browser."""

import base64
import hashlib
import html.parser
import json
import re

import pytest

import browserlib
from test_meter import ROOT, by_probe, carrying, files, meter, rewritten, snapshots  # noqa: F401

pytestmark = pytest.mark.sanitize

HOSTILE = "x</script><script>document.title='taken'</script><!--<img src=x onerror=alert(1)>\u2028\u2029&amp;@data@"


def page_of(meter, path, *paths):  # noqa: F811
    assert meter.ok("report", "--format", "html", "-o", path, *paths) == ""
    return path


def data_of(path):
    """What the page shows, taken out of it as a browser does: up to the first end of the element."""
    text = path.read_text()
    return json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])


@pytest.fixture(scope="module")
def page(meter, snapshots):  # noqa: F811
    return page_of(meter, meter.folder / "page.html", snapshots)


@pytest.fixture(scope="module")
def loop(meter):  # noqa: F811
    """The folder of a loop of two runs, the second of which has two of five probes."""
    options = ["--no-agent", "--config", meter.config, "--html", meter.folder / "bench.html"]
    meter.ok("bench", *options, "-o", meter.folder / "loop", "--", meter.sample)
    return meter.folder / "loop"


@pytest.fixture(scope="module")
def hostile(meter, snapshots):  # noqa: F811
    """A page with a probe whose name would leave its place, were it let."""

    def change(content):
        content["names"][0][0] = HOSTILE
        content["command"] = content["process"] = HOSTILE

    path = meter.folder / "hostile.snapshot"
    path.write_bytes(rewritten(change, files(snapshots)[0].read_bytes()))
    return page_of(meter, meter.folder / "hostile.html", path)


# ---- without a browser ----


class Elements(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.names, self.outside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        loading = ("src", "href", "srcset", "data", "style")
        self.outside += [value for key, value in attrs if key in loading or key.startswith("on")]


def test_the_page_loads_nothing_and_runs_nothing_but_its_own():
    """A browser refuses what differs from these sums, which stand in the page by hand."""
    text = (ROOT / "meter" / "page.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    policy = [rule.strip() for rule in policy.split(";")]
    assert policy[:3] == ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]
    for kind in ["style", "script"]:
        [inside] = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert len(policy) == 5 and Elements(text).outside == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


def test_the_page_has_what_the_report_has(meter, page, snapshots):  # noqa: F811
    data = data_of(page)
    assert data["report"] == meter.json(snapshots)
    tree = data["tree"]
    assert tree["groups"] == ["sample"]
    inherent = {}
    for group, parent, name, count, own in tree["nodes"]:
        inherent[tree["names"][name]] = inherent.get(tree["names"][name], 0) + own
    probes = by_probe(data["report"]["probes"])
    assert inherent == {name: row["meters"]["clock.time"]["inherent"]["total"] for name, row in probes.items()}


def test_what_was_disabled_and_when(meter, snapshots):  # noqa: F811
    probes = by_probe(meter.json(*files(snapshots)[:1])["probes"])
    # A call that lost its processor is credited.
    assert 250 <= probes["sample.work.light"]["disabled"]["call"] < 350
    assert probes["sample.work.light"]["disabled"]["ns"] > 600 * 30_000
    assert probes["sample.rare"]["disabled"] == {"call": 0, "ns": 0}


def test_the_folder_of_a_loop_stands_for_its_last_run(meter, loop):  # noqa: F811
    assert meter.json(loop) == meter.json(loop / "002")
    assert meter.ok("report", loop) == meter.ok("report", loop / "002")
    runs = data_of(page_of(meter, meter.folder / "loop.html", loop))["runs"]
    assert [run["path"] for run in runs] == [str(loop / "001"), str(loop / "002")]
    assert [len(run["probes"]) for run in runs] == [5, 2]
    assert {name for _, name, stays, *_ in runs[0]["probes"] if stays} == {name for _, name, *_ in runs[1]["probes"]}


def test_a_page_of_a_run_without_a_tree(meter, tmp_path):  # noqa: F811
    (tmp_path / "c.properties").write_text("hotspot.enabled=true\n")
    assert meter.run(tmp_path / "out", config=tmp_path / "c.properties").status == 0
    assert data_of(page_of(meter, tmp_path / "page.html", tmp_path / "out"))["tree"] is None


@pytest.fixture(scope="module")
def emptied(meter, carrying, tmp_path_factory):  # noqa: F811
    """The folder of a loop that has ended with a run that met no probe; its page is beside it."""
    folder = tmp_path_factory.mktemp("emptied")
    (folder / "c.properties").write_text("hotspot.enabled=true\nhotspot.failures=3\n")
    (folder / "set").write_text("carry.once\tscore=1500\n")
    options = ["--no-agent", "--config", folder / "c.properties", "--set", folder / "set"]
    assert meter("bench", *options, "-o", folder / "b", "--html", folder / "b.html", "--", carrying, 0, 0).status == 1
    return folder / "b"


def test_a_loop_whose_last_run_met_no_probe(meter, emptied, tmp_path):  # noqa: F811
    meter("report", emptied).fatal(2, "^no snapshot is in .*003: ")
    again = data_of(page_of(meter, tmp_path / "page.html", emptied))
    for data in [again, data_of(emptied.with_suffix(".html"))]:
        assert data["meter"] == "" and len(data["runs"]) == 3


def test_a_name_does_not_leave_its_place(page, hostile):
    assert HOSTILE in {row["probe"] for row in data_of(hostile)["report"]["probes"]}
    assert Elements(hostile.read_text()).names == Elements(page.read_text()).names


# ---- in a browser ----

# Of each text that is seen: how far it stands out from what is behind it, as WCAG 2 has it.
CONTRASTS = """(() => {
	const context = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	const bytes = colour => {
		context.clearRect(0, 0, 1, 1);
		context.fillStyle = colour;
		context.fillRect(0, 0, 1, 1);
		return [...context.getImageData(0, 0, 1, 1).data];
	};
	const light = colour => bytes(colour).slice(0, 3).map(byte => byte / 255).map(
		value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4
	).reduce((sum, value, i) => sum + value * [.2126, .7152, .0722][i], 0);
	const contrast = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05);
	const behind = element => {
		for (let at = element; at; at = at.parentElement) {
			const style = getComputedStyle(at);
			if (style.backgroundImage !== "none" && at.matches(".share"))
				return [style.getPropertyValue("--bar"), style.getPropertyValue("--card")];
			if (bytes(style.backgroundColor)[3] === 255)
				return [style.backgroundColor];
		}
		return ["white"];
	};
	const seen = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement, box = element.getBoundingClientRect();
		const unseen = box.width === 0 || element.closest("script, noscript, title, option");
		if (walker.currentNode.data.trim() === "" || unseen)
			continue;
		const style = getComputedStyle(element), ink = element.closest("svg") ? style.fill : style.color;
		seen.push([walker.currentNode.data, Math.min(...behind(element).map(colour => contrast(ink, colour)))]);
	}
	const find = document.getElementById("find"), ink = getComputedStyle(find, "::placeholder").color;
	seen.push([find.placeholder, contrast(ink, getComputedStyle(find).backgroundColor)]);
	return seen;
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not browserlib.found():
        pytest.skip("no browser: pipelines/setup test installs one where it can be had")
    browser = browserlib.Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


def texts(browser, selector):
    return browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.textContent)")


def focused(browser):
    return browser.run("document.activeElement.textContent")


@pytest.mark.parametrize("width", [1100, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(meter, browser, loop, tmp_path, scheme, width):  # noqa: F811
    browser.open(page_of(meter, tmp_path / "page.html", loop), width, 800, scheme)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.complaints == []
    assert browser.run("document.title") == "sample – nest-meter"
    contrasts = browser.run(CONTRASTS)
    seen = {text for text, _ in contrasts}
    assert seen >= {"sample", "Calling tree", "sample.main", "Run by run", "Explained", "Find a probe"}
    assert ("hotspot" in seen) == (width > 400)
    assert [(text, contrast) for text, contrast in contrasts if contrast < 4.5] == []
    assert browser.run("document.documentElement.scrollWidth") == width
    boxes = "[...document.querySelectorAll('section, table, figure, h1, dl, li')]"
    wide = "each => each.getBoundingClientRect().right > innerWidth + .5 || each.scrollWidth > each.clientWidth + 1"
    assert browser.run(f"{boxes}.filter({wide}).map(each => each.outerHTML)") == []
    dark = browser.run("getComputedStyle(document.body).backgroundColor") < "rgb(200"
    assert dark == (scheme == "dark")


def test_a_tree_to_go_through_with_keys(browser, page):
    browser.open(page)
    assert texts(browser, "#tree .cell")[:3] == ["sample.main", "sample.parent", "sample.work.heavy"]
    browser.run("document.querySelector('#tree .cell').focus()")
    for key, name in [("ArrowDown", "sample.parent"), ("ArrowDown", "sample.work.heavy"), ("ArrowUp", "sample.parent")]:
        browser.press(key)
        assert focused(browser) == name
    assert texts(browser, "#tree .said")[0].startswith("sample.parent: ")
    assert ", in 1,800 calls; " in texts(browser, "#tree .said")[0]
    browser.press("Enter")
    assert focused(browser) == "sample.parent"
    filling = "Math.round(100 * document.activeElement.offsetWidth / document.querySelector('.chart').clientWidth)"
    assert browser.run(filling) == 100 and browser.run("!document.querySelector('#tree .push').hidden")
    browser.press("Escape")
    assert focused(browser) == "sample.main" and browser.run("document.querySelector('#tree .push').hidden")
    assert browser.complaints == []


def test_a_table_to_sort_and_to_search(browser, page):
    browser.open(page)
    names = "#probes tbody .name"
    assert texts(browser, names)[0] == "sample.work.heavy"
    browser.run("document.querySelector('#probes th:nth-child(2) button').focus()")
    browser.press("Enter")
    counts = [int(text.replace(",", "")) for text in texts(browser, "#probes tbody td:nth-child(2)")]
    assert counts == sorted(counts, reverse=True) and focused(browser) == "Calls"
    browser.press("Enter")
    assert texts(browser, names)[0] == "sample.main"
    assert browser.run("document.querySelector('#probes th[aria-sort]').ariaSort") == "ascending"
    browser.run("document.querySelector('#find').focus()")
    browser("Input.insertText", text="WORK")
    assert set(texts(browser, names)) == {"sample.work.heavy", "sample.work.light"}
    assert set(texts(browser, ".cell.found")) >= {"sample.work.heavy"}
    assert browser.complaints == []


PLOTS = ["Probes", "Calls metered", "Time that the probes explain", "Cost of the calls, of the time metered"]
TIMES = ["Seconds", "CPU time over that of the unmetered run"]


def test_the_page_of_bench_has_times_too(meter, browser, loop):  # noqa: F811
    data = data_of(meter.folder / "bench.html")
    assert all(0 < run["unmetered_cpu_ns"] < 10e9 and 0 < run["wall_ns"] < 10e9 for run in data["runs"])
    browser.open(meter.folder / "bench.html")
    assert [text.split("—")[0] for text in texts(browser, "figcaption")] == PLOTS + TIMES
    assert len(texts(browser, "circle")) == 2 * (2 + 1 + 1 + 1 + 2 + 1)
    assert texts(browser, "#title") == ["sample"] and browser.complaints == []


def test_the_story_of_a_loop(meter, browser, loop, tmp_path):  # noqa: F811
    browser.open(page_of(meter, tmp_path / "page.html", loop))
    assert [text.split("—")[0] for text in texts(browser, "figcaption")] == PLOTS
    assert texts(browser, "figure:first-child circle") == [
        "run 1: 5 in the model", "run 2: 2 in the model", "run 1: 5 with calls", "run 2: 2 with calls",
    ]  # fmt: skip
    told = dict(zip(texts(browser, "#dropped tbody .name"), texts(browser, "#dropped tbody td:nth-child(2)")))
    assert set(told) == {"sample.work.light", "sample.parent", "sample.rare"}
    assert re.fullmatch(r"run 1, at call 250, [\d.]+ ms after the start", told["sample.work.light"])
    assert told["sample.rare"] == "run 1, at the end"
    assert browser.complaints == []


def test_a_timeline_to_go_through_with_keys(meter, browser, tmp_path):  # noqa: F811
    config = tmp_path / "c.properties"
    config.write_text("timeline.enabled=true\ntimeline.limit=100\n")
    assert meter.run(tmp_path / "out", config=config).status == 0
    path = page_of(meter, tmp_path / "page.html", tmp_path / "out")
    [timeline] = data_of(path)["timelines"]
    [[thread, made, calls]] = timeline["threads"]
    assert thread == 1 and made == 2221 and len(calls) == 100
    browser.open(path)
    lane, main = texts(browser, "#timeline .cell")[:2]
    assert re.fullmatch(r"sample\..*, thread 1: 100 calls; 2,121 older calls not kept", lane)
    assert main == "sample.main" and browser.run("document.querySelectorAll('#timeline .dust').length") >= 1
    assert "the oldest 2121 calls are not in it" in texts(browser, "#notes")[0]
    browser.run("document.querySelector('#timeline .cell').focus()")
    browser.press("ArrowDown")
    assert focused(browser) == "sample.main"
    assert re.match(r"sample\.main: [\d.]+ ms, from [\d.]+ [nµ]s on", texts(browser, "#timeline .said")[0])
    browser.press("Escape")
    assert focused(browser) == lane
    assert browser.complaints == []


def test_the_page_of_nothing(browser, emptied):
    browser.open(emptied.with_suffix(".html"))
    assert texts(browser, "#title") == ["nothing metered"] and browser.complaints == []


def test_another_meter(meter, browser, tmp_path):  # noqa: F811
    config = tmp_path / "c.properties"
    config.write_text("meters=clock.time,clock.cpu\ntracking.enabled=true\n")
    assert meter.run(tmp_path / "out", config=config).status == 0
    path = page_of(meter, tmp_path / "page.html", tmp_path / "out")
    rows = by_probe(data_of(path)["report"]["probes"])
    browser.open(path)
    assert texts(browser, "#meter option") == ["clock.time", "clock.cpu"]
    for index, name in [(1, "clock.cpu"), (0, "clock.time")]:
        browser.run(f"at('meter').value = {index}; at('meter').dispatchEvent(new Event('change'))")
        largest = max(rows, key=lambda row: rows[row]["meters"][name]["inherent"]["total"])
        assert texts(browser, "#probes tbody .name")[0] == largest
        ns = rows["sample.main"]["meters"][name]["total"]
        shown = re.search(r": ([\d.]+) ms,", browser.run("document.querySelector('#tree .cell').title"))[1]
        assert float(shown) == pytest.approx(ns / 1e6, rel=0.01)
    assert browser.complaints == []


def test_a_name_stays_a_text(browser, hostile):
    browser.open(hostile)
    assert HOSTILE in texts(browser, "#probes tbody .name") and HOSTILE in texts(browser, "#tree .cell")
    assert browser.run("document.title") == "sample – nest-meter"
    assert browser.run("document.querySelectorAll('img, script').length") == 2
    assert browser.complaints == []
