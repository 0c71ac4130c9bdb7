"""fmnist can be imported where there is no POSIX: no module needs at its head what Windows does not have."""

from pathlib import Path

from cli import run

POSIX = ("fcntl", "grp", "pwd", "resource", "termios")
IMPORT_ALL = f"""
import importlib, pkgutil, sys
import filelock, psutil  # they choose by the system themselves
sys.modules.update(dict.fromkeys({POSIX}))
import fmnist
failed = []
for module in pkgutil.walk_packages(fmnist.__path__, "fmnist."):
    if module.name == "fmnist.__main__":
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        failed.append(f"{{module.name}}: {{error}}")
print("\\n".join(failed))
"""


def test_every_module_can_be_imported_without_posix(tmp_path: Path) -> None:
    done = run("-c", IMPORT_ALL, cwd=tmp_path, PYTHONWARNINGS="")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_a_command_runs_without_posix(tmp_path: Path) -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({POSIX})); sys.argv = ['fmnist', 'report', 'nowhere']\n"
    code += "from fmnist.__main__ import main; main()"
    done = run("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: folder=nowhere: allowed is")
