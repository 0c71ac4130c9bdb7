"""Files from the first mirror that gives the right ones. Heavy imports: import this only when a file is missing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pooch
import requests

from fmnist.dataset.progress import bars

CONNECT_TIMEOUT = 5  # seconds; someone without a network wants to hear of it soon
READ_TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 16  # pooch flushes after each chunk: its 1 KiB would be slow


def download(files: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> list[str]:
    """Put the files, name → md5, into a folder. Returns why it failed, a line per mirror; nothing when all are there.

    pooch checks the sum before a file gets its name, and leaves alone what is already there and right.
    """
    pooch.get_logger().setLevel("WARNING")  # its lines would tear the progress bar
    alive = list(mirrors)
    failures: dict[str, str] = {}
    with bars() as bar:
        for name, md5 in files.items():
            downloader = pooch.HTTPDownloader(bar(name), CHUNK, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT))
            for mirror in list(alive):
                url = f"{mirror.rstrip('/')}/{name}"
                try:
                    pooch.retrieve(url, f"md5:{md5}", name, folder, downloader=downloader)
                    break
                except requests.RequestException as error:
                    failures[mirror] = f"{url}: {reason(error)}"
                    if isinstance(error, requests.ConnectionError | requests.Timeout):
                        alive.remove(mirror)  # no use in waiting for it once more with the next file
                except OSError as error:
                    return [f"{folder} cannot be written: {error.strerror or error}"]
                except ValueError:
                    failures[mirror] = f"{url}: wrong checksum"
            else:
                return list(failures.values()) or ["no mirror: dataset.mirrors is empty"]
    return []


def reason(error: requests.RequestException) -> str:
    """An error of requests in a word or two; its own text runs over several lines."""
    match error:
        case requests.HTTPError(response=requests.Response(status_code=code)):
            return f"HTTP {code}"
        case requests.Timeout():
            return "no answer in time"
        case requests.ConnectionError():
            return "no connection"
        case requests.exceptions.ChunkedEncodingError():
            return "broke off"
    return type(error).__name__
