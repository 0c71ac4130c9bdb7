"""What Hydra and OmegaConf say of a command line, as one line that names the key, the value and what is allowed."""

from collections.abc import Iterator

from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
    SearchPathException,
)
from omegaconf import DictConfig
from omegaconf.errors import ConfigKeyError, InterpolationResolutionError, OmegaConfBaseException

from fmnist.config.compose import CONF
from fmnist.errors import ConfigError, FmnistError, closest, one_line, shorten
from fmnist.terminal.command_line import Word, is_unreadable, names_no_option, of_hydra, read_command_line

THERE_ALREADY = (
    "An item is already at",
    "appears more than once",
    "Multiple values for",
    "force-add of config groups",
)


def explain(error: Exception) -> str | None:
    """The line for the user; None if the error is none of the command line's."""
    ours = [str(cause) for cause in causes(error) if isinstance(cause, FmnistError)]  # of a resolver, for example
    message: str | None
    match error:
        case _ if ours:
            message = ours[0]
        case MissingConfigException():
            message = unknown_option_message(error)
        case ConfigCompositionException():
            message = composition_message(error)
        case OverrideParseException():
            message = f"{shorten(error.override)}: cannot be read as key=value: {one_line(error)}"
        case SearchPathException():
            message = f"--config-dir: {one_line(error)}"
        case HydraException() | OmegaConfBaseException():
            message = with_key(error)
        case ValueError() if "Config group override" in str(error):
            message = group_message()
        case OSError():
            message = None
        case _:
            words = [word for word in read_command_line() if is_unreadable(word) or names_no_option(word)] or of_hydra()
            message = f"{words[0]}: {one_line(error)}" if words and not is_ours(error) else None
    return message


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def is_ours(error: Exception) -> bool:
    """Did it happen in the project's code, and not while Hydra read the command line?"""
    frame = error.__traceback__
    while frame is not None:
        module = str(frame.tb_frame.f_globals.get("__name__"))
        if module.startswith("fmnist.") and not module.startswith("fmnist.terminal."):
            return True
        frame = frame.tb_next
    return False


def unknown_option_message(error: MissingConfigException) -> str:
    """optimizer=adm: allowed is one of adadelta, … (did you mean adam?)."""
    if not error.missing_cfg_file or not error.options:
        return with_key(error, one_line(error).partition(" Config search path")[0])
    group, _, option = error.missing_cfg_file.rpartition("/")
    names = [name for name in error.options if not name.startswith("_")]
    return str(ConfigError(group, option, f"one of {', '.join(names)}{closest(option, names)}"))


def group_message() -> str:
    """optimizer=5: allowed is one of adadelta, … ."""
    for word in read_command_line():
        options = sorted(file.stem for file in (CONF / word.key.partition("@")[0]).glob("*.yaml"))
        if is_unreadable(word):
            continue
        value = word.parse().value()
        is_no_name = value is None or isinstance(value, bool | int | float | dict) or names_no_option(word)
        if (options or "." not in word.key) and is_no_name:
            allowed = f"one of {', '.join(options)}" if options else "the name of an option"
            return str(ConfigError(word.key, word.value, allowed))
    return "a group takes the name of one of its options"


def composition_message(error: ConfigCompositionException) -> str:
    """optimizer.momentum=0.9: allowed is one of the keys lr, … ."""
    text, cause = one_line(error), error.__cause__
    if any(phrase in text for phrase in THERE_ALREADY):
        for word in read_command_line():
            if word.prefix and (word.key in text or word.key.partition("@")[0] in text):
                plain = Word("", word.key, word.value)
                return f"{word}: allowed is {plain}, without the {word.prefix}: the key is there already"
    key, parent = getattr(cause, "full_key", None), getattr(cause, "parent_node", None)
    if not (key and isinstance(cause, ConfigKeyError | AttributeError) and isinstance(parent, DictConfig)):
        return with_key(error, one_line(cause) if isinstance(cause, OmegaConfBaseException) else text)
    names = [str(name) for name in parent if not str(name).startswith("_")]
    group, _, last = key.rpartition(".")
    sections = [name for name in names if isinstance(parent._get_node(name), DictConfig) and last in parent[name]]
    inner = [f"{group}.{section}.{last}".lstrip(".") for section in sections]
    hint = f" (did you mean {' or '.join(inner)}?)" if inner else closest(last, names)
    allowed = f"one of the keys {', '.join(names)}{hint}" if names else f"no key: {group} has none"
    for word in read_command_line():
        if f"{word.key}.".startswith(f"{key}."):
            return str(ConfigError(word.key, word.value, allowed))
    space = next((f"{word}: " for word in read_command_line() if word.key.startswith("hydra.sweeper.params")), "")
    return space + str(ConfigError(key, "…", allowed))


def with_key(error: Exception, text: str = "") -> str:
    """The error's text, or another one, behind the override that it is about."""
    text = text or one_line(error)
    words, keys = read_command_line(), [getattr(cause, "full_key", None) for cause in causes(error)]
    for word in words:
        if word.key in keys:
            return f"{word}: {text}"
    if any(isinstance(cause, InterpolationResolutionError) for cause in causes(error)) or "nterpolation" in text:
        named = [word for word in words if f"'{word.key}'" in text]
        words = named or [word for word in words if "${" in word.value] or words
        return f"{words[0]}: {text}" if words else f"{next(filter(None, keys), 'the config')}: {text}"
    if any(word.key in text for word in words):
        return text
    named = [word for word in words if word.key.rpartition("/")[2].rpartition(".")[2] in text] or of_hydra()
    return f"{named[0]}: {text}" if named else text
