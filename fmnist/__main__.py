"""`python -m fmnist COMMAND`: everything but training. Each file of fmnist/command/ is a command."""

from argparse import ArgumentParser
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules

from fmnist import command
from fmnist.terminal.user_errors import report_user_errors


def main() -> None:
    parser = ArgumentParser(prog="python -m fmnist", description="Work with data sets, finished runs and sweeps.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for file in iter_modules(command.__path__):
        module = import_module(f"{command.__name__}.{file.name}")
        text = (getdoc(module) or "").replace("%", "%%")
        subparser = commands.add_parser(file.name.replace("_", "-"), help=text.partition("\n")[0], description=text)
        module.arguments(subparser)
        subparser.set_defaults(run=module.run)
    with report_user_errors():
        arguments = parser.parse_args()
        arguments.run(arguments)


if __name__ == "__main__":
    main()
