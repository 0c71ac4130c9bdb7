"""report.html as a reader uses it, in a real browser: what is written, sorted, hovered, clicked, typed."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

import browser as chromium
from fmnist.analysis.report.page import write_report
from sweeps import run_sweep

WHY_NOT = chromium.missing()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
EVIL = "<script>alert(1)</script>"
CENTRE = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    driver = chromium.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small sweep that really ran; one of its trials is made to look as if it had failed."""
    cwd = tmp_path_factory.mktemp("sweep")
    words = ("sweep=smoke", "hydra.sweeper.n_trials=12", "hydra.sweeper.sampler.n_startup_trials=12")
    folder = run_sweep(*words, cwd=cwd)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    study = optuna.load_study(study_name="s", storage=storage)
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={"reason": f"no luck {EVIL}", "folder": "12"}))
    reported = {1: 0.2, 2: 0.3}
    study.add_trial(create_trial(state=TrialState.PRUNED, intermediate_values=reported, user_attrs={"folder": "13"}))
    return write_report([folder])


@pytest.fixture
def page(driver: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The sweep's report, opened anew on a desktop in the light; no error may stand in the console afterwards."""
    look(driver, request.getfixturevalue("sweep"))
    yield driver
    assert errors(driver) == []


def look(driver: Any, file: Path, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    errors(driver)
    driver.get(file.resolve().as_uri())


def errors(driver: Any) -> list[str]:
    """What the console has said since the last time, warnings too."""
    return [line["message"] for line in driver.get_log("browser") if line["level"] in ("WARNING", "SEVERE")]


def ask(driver: Any, script: str, *values: Any) -> Any:
    return driver.execute_script(f"return {script}", *values)


def wait(driver: Any, script: str) -> Any:
    """Until it is true, at most ten seconds."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 10, 0.02).until(lambda _: ask(driver, script))


def find(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def click(driver: Any, element: Any) -> None:
    driver.execute_script(CENTRE, element)
    element.click()


def see(driver: Any, selector: str) -> Any:
    """The plot, scrolled to and drawn."""
    plot = find(driver, selector)
    driver.execute_script(CENTRE, plot)
    wait(driver, f"document.querySelector('{selector}').dataset.drawn === 'yes'")
    return plot


def column(driver: Any, name: str) -> list[str]:
    """The cells of a column of the leaderboard from top to bottom."""
    heads = ask(driver, "[...document.querySelectorAll('#table th')].map(th => th.textContent)")
    script = "[...document.querySelectorAll(`#table tbody td:nth-child(${arguments[0]})`)].map(td => td.textContent)"
    return ask(driver, script, heads.index(name) + 1)


def head(driver: Any, name: str) -> Any:
    script = "[...document.querySelectorAll('#table th button')].find(button => button.textContent === arguments[0])"
    return ask(driver, script, name)


def test_every_section_says_what_is_on_disk(page: Any, sweep: Path) -> None:
    summary = json.loads((sweep.parent / "summary.json").read_text())
    assert find(page, "h1").text == "Study s"
    assert find(page, "#best-value").text == f"{summary['best']['value']:.4f}"
    assert summary["best"]["command"] in find(page, "#best-commands").text
    assert "experiment=best" in find(page, "#best-commands").text
    assert ["dataset", "blobs", "fashion_mnist"] in ask(
        page, "[...document.querySelectorAll('#best-changes tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    assert f"no luck {EVIL}" in find(page, "#failures").text
    bad = ask(page, "getComputedStyle(document.documentElement).getPropertyValue('--bad')")
    assert ask(page, "document.querySelector('#failures tbody td:nth-child(2)').style.color") == "var(--bad)"
    assert bad != ask(page, "getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    for title in ("History", "Parallel coordinates", "What matters", "Slices"):
        assert ask(page, f"[...document.querySelectorAll('h2')].some(h => h.textContent === '{title}')"), title
    assert find(page, "#environment").text.count("\n") > 8


def test_a_click_on_a_head_sorts_and_a_second_one_turns_round(page: Any) -> None:
    values = [float(text) for text in column(page, "val/accuracy")]
    assert values == sorted(values, reverse=True)
    assert len(values) == 12
    click(page, head(page, "val/accuracy"))
    click(page, head(page, "val/accuracy"))
    assert [float(text) for text in column(page, "val/accuracy")] == sorted(values)
    assert ask(page, "arguments[0].parentElement.getAttribute('aria-sort')", head(page, "val/accuracy")) == "ascending"
    click(page, head(page, "optimizer"))
    assert column(page, "optimizer") == sorted(column(page, "optimizer"))


def test_numbers_sort_by_their_size_and_what_is_missing_stays_last(page: Any) -> None:
    for _ in range(2):
        click(page, head(page, "optimizer.lr"))
        shown = [float(text) for text in column(page, "optimizer.lr")]
        assert shown in (sorted(shown), sorted(shown, reverse=True))
        click(page, head(page, "optimizer.momentum"))
        momentum = column(page, "optimizer.momentum")
        assert momentum[-1] == ""
        assert momentum[0] != ""


def test_the_filter_takes_all_its_words(page: Any) -> None:
    everything = column(page, "optimizer")
    find(page, "#filter").send_keys("optimizer=momentum")
    assert set(column(page, "optimizer")) == {"momentum"}
    assert find(page, "#filter-count").text == f"{everything.count('momentum')} of 12"
    find(page, "#filter").send_keys(" nowhere")
    assert column(page, "optimizer") == []
    ask(page, "(byId('filter').value = '', byId('filter').dispatchEvent(new Event('input')))")
    assert column(page, "optimizer") == everything


def test_a_curve_tells_its_run_under_the_pointer_and_can_be_hidden(page: Any) -> None:
    from selenium.webdriver import ActionChains

    see(page, "#curves-accuracy")
    traces = ask(page, "byId('curves-accuracy').data.length")
    point = wait(page, "document.querySelector('#curves-accuracy .scatterlayer .point')")
    ActionChains(page).move_to_element(point).perform()
    assert "epoch" in wait(page, "document.querySelector('#curves-accuracy .hovertext')?.textContent")
    button = find(page, "#curves-legend button")
    click(page, button)
    assert button.get_attribute("aria-pressed") == "false"
    wait(page, f"byId('curves-accuracy').data.length === {traces - 1}")
    click(page, find(page, "#curves-legend button:last-child"))
    wait(page, f"byId('curves-accuracy').data.length === {2 * (traces - 1)}")


def test_the_history_marks_pruned_and_failed_trials(page: Any) -> None:
    see(page, "#searches .plot")
    traces = ask(page, "document.querySelector('#searches .plot').data.map(t => [t.marker?.symbol ?? 'line', t.x])")
    shown = dict(traces)
    assert shown["circle"] == list(range(12))
    assert shown["triangle-up"] == [12]
    assert shown["x-thin"] == [13]
    best = ask(page, "document.querySelector('#searches .plot').data.at(-1)")
    assert best["y"] == sorted(best["y"])
    assert best["x"][-1] == 13  # the line reaches the last trial, which is not complete


def test_a_stretch_of_an_axis_is_chosen_with_the_keyboard_and_by_dragging(page: Any) -> None:
    from selenium.webdriver import ActionChains, Keys

    off = "document.querySelectorAll('.parallel .line.off').length"
    axis = find(page, ".parallel .axis[aria-label='optimizer']")
    page.execute_script(f"{CENTRE}; arguments[0].focus()", axis)
    chosen = column(page, "optimizer").count("sgd")
    axis.send_keys(Keys.ARROW_UP)
    assert ask(page, off) == 12 - chosen
    assert f"{chosen} of 12" in find(page, ".readout").text
    axis.send_keys(Keys.ESCAPE)
    assert ask(page, off) == 0
    grip = find(page, ".parallel .axis[aria-label='val/accuracy'] .grip")
    ActionChains(page).move_to_element(grip).click_and_hold().move_by_offset(0, -400).release().perform()
    assert 0 < ask(page, off) < 12


def test_a_cell_of_the_confusion_matrix_shows_its_images(page: Any) -> None:
    cells = "[...document.querySelectorAll('.matrix td button')]"
    counts = ask(page, f"{cells}.map(b => Number(b.textContent))")
    assert sum(counts) == 200  # the test examples of blobs
    cell = counts.index(max(counts))
    click(page, ask(page, f"{cells}[{cell}]"))
    assert ask(page, "document.querySelectorAll('.tile').length") == min(8, counts[cell])
    image = ask(page, "getComputedStyle(document.querySelector('.tile')).backgroundImage")
    assert image.startswith('url("data:image/png;base64,')
    loaded = page.execute_async_script(
        "const [url, done] = arguments; const i = new Image(); i.onload = () => done([i.width, i.height]); i.src = url",
        image[5:-2],
    )
    assert loaded[0] % 8 == loaded[1] % 8 == 0  # blobs are 8 × 8 pixels
    from selenium.webdriver import Keys

    page.execute_script(f"{cells}[0].focus()")
    page.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert ask(page, f"{cells}[10].getAttribute('aria-pressed')") == "true"
    assert ask(page, "document.querySelectorAll('.tile').length") == min(8, counts[10])


def test_the_theme_follows_the_system_and_the_button(driver: Any, sweep: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    look(driver, sweep)
    light = ask(driver, background)
    see(driver, "#curves-accuracy")
    ink = ask(driver, "byId('curves-accuracy').layout.title.font.color")
    click(driver, find(driver, "#theme"))
    dark = ask(driver, background)
    assert dark != light
    assert ask(driver, "byId('curves-accuracy').layout.title.font.color") != ink
    look(driver, sweep, scheme="dark")
    assert ask(driver, background) == dark
    assert errors(driver) == []


def test_the_whole_page_can_be_walked_with_the_tab_key(page: Any) -> None:
    from selenium.webdriver import ActionChains, Keys

    focused = "const e = document.activeElement; return e.id || e.className.baseVal || e.textContent"
    names = []
    for _ in range(60):
        ActionChains(page).send_keys(Keys.TAB).perform()
        names.append(page.execute_script(focused))
    for name in ("theme", "filter", "table", "val/accuracy", "axis", "Copy"):
        assert name in names
    page.execute_script("arguments[0].focus()", head(page, "optimizer"))
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert column(page, "optimizer") == sorted(column(page, "optimizer"))


def test_a_phone_need_not_scroll_sideways(driver: Any, sweep: Path) -> None:
    look(driver, sweep, PHONE)
    driver.execute_script("document.querySelectorAll('.plot').forEach(plot => draw(plot))")
    assert ask(driver, "innerWidth") == 390
    assert ask(driver, "document.documentElement.scrollWidth") == 390
    assert errors(driver) == []


def test_the_leaderboard_scrolls_in_its_box_and_says_so(driver: Any, sweep: Path) -> None:
    look(driver, sweep, PHONE)
    assert ask(driver, "byId('table').scrollWidth > byId('table').clientWidth")
    wait(driver, "!byId('more-columns').hidden")
    assert find(driver, "#more-columns").text == "more columns →"
    assert ask(driver, "getComputedStyle(byId('table')).backgroundImage").count("linear-gradient") == 4
    driver.execute_script("byId('table').scrollLeft = 1e6")
    wait(driver, "byId('more-columns').hidden")


def test_printing_draws_everything(driver: Any, sweep: Path) -> None:
    """Nobody has scrolled down: the plots far below are drawn because the page is printed."""
    look(driver, sweep)
    drawn = "[...document.querySelectorAll('.plot')].filter(plot => plot.querySelector('.main-svg')).length"
    plots = ask(driver, "document.querySelectorAll('.plot').length")
    assert ask(driver, drawn) < plots
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    assert ask(driver, drawn) == plots
    empty = "[...document.querySelectorAll('section:not([hidden])')].filter(s => s.innerText.trim().length < 40).length"
    assert ask(driver, empty) == 0
    assert ask(driver, "document.documentElement.dataset.print ?? 'screen'") == "screen"
    assert errors(driver) == []


def test_other_data_have_a_leaderboard_of_their_own(driver: Any, sweep: Path, tmp_path: Path) -> None:
    for number in range(3):
        shutil.copytree(sweep.parent / str(number), tmp_path / "runs" / str(number))
    config = tmp_path / "runs" / "2" / "config.yaml"
    config.write_text(config.read_text().replace("split_seed: 0", "split_seed: 7"))
    look(driver, write_report([tmp_path / "runs"], file=tmp_path / "report.html"))
    titles = ask(driver, "[...document.querySelectorAll('section[id^=leaderboard] h2')].map(h => h.textContent)")
    assert titles == ["Leaderboard · dataset.split_seed=0", "Leaderboard · dataset.split_seed=7"]
    rows = "[...document.querySelectorAll('section[id^=leaderboard]')].map(s => s.querySelectorAll('tbody tr').length)"
    assert ask(driver, rows) == [2, 1]
    find(driver, "#filter-2").send_keys("nowhere")
    assert ask(driver, rows) == [2, 0]
    assert find(driver, "#best-data").text.startswith("On dataset.split_seed=0, as most runs")
    assert errors(driver) == []


def test_nothing_is_fetched(driver: Any, sweep: Path) -> None:
    driver.get_log("performance")
    look(driver, sweep)
    driver.execute_script("document.querySelectorAll('.plot').forEach(plot => draw(plot))")
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert sweep.resolve().as_uri() in sent
    assert [url for url in sent if not url.startswith(("file:", "data:"))] == []
    refused = driver.execute_async_script(
        "fetch('https://example.org').then(arguments[0], e => arguments[0](String(e)))"
    )
    assert "TypeError" in refused
    assert any("Content Security Policy" in line for line in errors(driver))


def test_two_objectives_show_their_pareto_front(driver: Any, sweep: Path, tmp_path: Path) -> None:
    folder = tmp_path / "multirun" / "two"
    folder.mkdir(parents=True)
    for number in range(4):
        shutil.copytree(sweep.parent / str(number), folder / str(number))
    (folder / "multirun.yaml").write_text("hydra: {sweeper: {storage: null}}\n")
    objectives = {"val/accuracy": "maximize", "parameters": "minimize"}
    (folder / "summary.json").write_text(json.dumps({"study": "two", "objectives": objectives}))
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    study = optuna.create_study(study_name="two", storage=storage, directions=list(objectives.values()))
    for number, values in enumerate([(0.8, 100), (0.9, 300), (0.7, 200), (0.85, 150)]):  # the third is beaten twice
        distributions = {"lr": FloatDistribution(0, 1)}
        study.add_trial(create_trial(values=values, params={"lr": 0.1 * (number + 1)}, distributions=distributions))

    look(driver, write_report([folder]))
    heads = ask(driver, "[...document.querySelectorAll('#searches h2')].map(head => head.textContent)")
    assert heads[:3] == ["History", "val/accuracy against parameters", "Parallel coordinates"]
    script = "document.querySelectorAll('#searches .plot')[1]"
    driver.execute_script(f"draw({script})")
    beaten, line, front = ask(driver, f"{script}.data.map(trace => [trace.x, trace.y])")
    assert beaten == [[200], [0.7]]
    assert line == front == [[100, 150, 300], [0.8, 0.85, 0.9]]
    assert "3 trials of which no other is better" in find(driver, "#searches").text
    assert errors(driver) == []


def test_names_with_html_are_shown_as_text(driver: Any, sweep: Path, tmp_path: Path) -> None:
    """A study, a parameter, choices, folders, reasons and metrics called like a script: none runs, all are read."""
    folder = tmp_path / "multirun" / "s"
    folder.mkdir(parents=True)
    for number in range(6):
        shutil.copytree(sweep.parent / str(number), folder / f"{number}<img src=x onerror=alert(2)>")
    (folder / "multirun.yaml").write_text("hydra: {sweeper: {storage: null}}\n")
    (folder / "summary.json").write_text(json.dumps({"study": EVIL, "objectives": {f"<b>{EVIL}": "maximize"}}))
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    study = optuna.create_study(study_name=EVIL, storage=storage, direction="maximize")
    choices = CategoricalDistribution([f"<b>{EVIL}</b>", "</script><img src=x onerror=alert(3)>", "&lt;i&gt; &amp;"])
    for number, choice in enumerate(choices.choices * 2):
        parameters = {f"<i>{EVIL}": choice, "lr": 0.1 * (number + 1)}
        distributions = {f"<i>{EVIL}": choices, "lr": FloatDistribution(0, 1)}
        study.add_trial(create_trial(value=number / 6, params=parameters, distributions=distributions))
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={"reason": EVIL}))
    file = write_report([folder])

    look(driver, file)
    driver.execute_script("document.querySelectorAll('.plot').forEach(plot => draw(plot))")
    assert find(driver, "h1").text == f"Study {EVIL}"
    assert driver.title == f"Study {EVIL}"
    texts = ask(driver, "[...document.querySelectorAll('svg text')].map(text => text.textContent)")
    assert texts.count(f"<i>{EVIL}") == 2  # the axis of the parallel coordinates, the title of the slice
    assert f"<b>{EVIL}" in texts
    for choice in choices.choices:
        assert texts.count(choice) >= 2, choice
    assert EVIL in find(driver, "#failures").text
    assert ask(driver, "document.querySelectorAll('script').length") == 3
    assert ask(driver, "document.querySelectorAll('main img, main script, main b, main i').length") == 0
    assert errors(driver) == []
    driver.execute_script("document.querySelectorAll('.plot').forEach(plot => draw(plot))")  # an alert would raise
