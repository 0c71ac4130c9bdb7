"""Download files from the first mirror that has the right ones.

The imports are heavy: import this module only when a file is missing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pooch
import requests

from fmnist.dataset.progress import bars

CONNECT_TIMEOUT = 5  # seconds; short, so that the error comes soon where there is no network
READ_TIMEOUT = 30  # seconds without data
CHUNK = 1 << 16  # bytes; pooch flushes after each chunk, and its default of 1 KiB is slow


def download_files(files: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> list[str]:
    """Download the files, name → md5, into a folder. Returns the failures, one line per mirror; none on success.

    pooch verifies a checksum before it renames the file into place, and skips files that are already correct.
    """
    pooch.get_logger().setLevel("WARNING")  # its messages would break up the progress bar
    reachable = list(mirrors)
    failures: dict[str, str] = {}
    with bars() as bar:
        for name, md5 in files.items():
            downloader = pooch.HTTPDownloader(bar(name), CHUNK, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT))
            for mirror in list(reachable):
                url = f"{mirror.rstrip('/')}/{name}"
                try:
                    pooch.retrieve(url, f"md5:{md5}", name, folder, downloader=downloader)
                    break
                except requests.RequestException as error:
                    failures[mirror] = f"{url}: {reason(error)}"
                    if isinstance(error, requests.ConnectionError | requests.Timeout):
                        reachable.remove(mirror)  # do not wait for it again with the next file
                except OSError as error:
                    return [f"{folder} cannot be written: {error.strerror or error}"]
                except ValueError:
                    failures[mirror] = f"{url}: wrong checksum"
            else:
                return list(failures.values()) or ["no mirror: dataset.mirrors is empty"]
    return []


def reason(error: requests.RequestException) -> str:
    """A few words for an error of requests, whose own message spans several lines."""
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
