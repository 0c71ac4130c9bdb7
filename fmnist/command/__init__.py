"""The commands behind `python -m fmnist`, one file each: NAME.py is `python -m fmnist NAME`, `_` is typed `-`.

The file's docstring is the command's help, `arguments` declares what it takes, `run` does it. All files are imported
to show the help, so heavy imports stand inside `run`.
"""
