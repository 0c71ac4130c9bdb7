"""A headless Chromium, or why there is none. One is started for all tests."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """Why the tests cannot run here; None if they can."""
    if find_spec("selenium") is None:
        return "selenium is not installed: pip install -r requirements-ci.txt"
    for name in ("chromium", "chromedriver"):
        if shutil.which(name) is None:
            return f"{name} is not installed: apt-get install chromium chromium-driver"
    return None


def start(profile: Path) -> Any:
    """A browser with an empty profile that keeps its console's log and every request."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    for flag in (*FLAGS, *as_root, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
