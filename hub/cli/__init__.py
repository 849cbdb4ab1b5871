"""The command `hub`: data to stdout, talk to stderr; 0 success, 1 failure, 2 bad usage or settings.

Commands import what they need when they run, so that `hub --help` answers at once. No traceback reaches a user.
"""

import sys

import click

from hub.cli import (
    audit,
    backups,
    bot,
    campaigns,
    consents,
    demo,
    doctor,
    exports,
    hl7,
    imports,
    jobs,
    keys,
    looked,
    numbers,
    part2,
    retention,
    rights,
    safeguards,
    search,
    serving,
    templates,
    tokens,
    understand,
    users,
    vendors,
)
from hub.errors import (
    HubError,
    InputError,
    KeyringMissing,
    KeyringWrong,
    KeyServiceRefused,
    SchemaOutdated,
    SettingsError,
)

_WRONG_SETUP = (SettingsError, InputError, SchemaOutdated, KeyringMissing, KeyringWrong, KeyServiceRefused)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carehub", prog_name="hub")
def hub() -> None:
    """Carehub: patients text, the bot books, staff answer, compliance proves.

    \b
    Example:
      hub demo
    """


for command in (
    *serving.COMMANDS,
    demo.demo,
    doctor.doctor,
    keys.keys,
    users.users,
    tokens.tokens,
    imports.patients,
    imports.schedule,
    imports.appointments,
    numbers.numbers,
    consents.consents,
    understand.understand,
    bot.bot,
    search.search,
    jobs.jobs,
    hl7.hl7,
    campaigns.campaigns,
    templates.templates,
    audit.audit,
    safeguards.safeguards,
    exports.export,
    rights.rights,
    vendors.vendors,
    part2.part2,
    *retention.COMMANDS,
    *backups.COMMANDS,
):
    hub.add_command(command)

rights.rights.add_command(looked.looked)


def main() -> None:
    """Run the command line and exit with its code."""
    _leave_no_dump()
    try:
        code = hub.main(prog_name="hub", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(1)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"hub: {problem}", err=True)
        sys.exit(2)
    except HubError as error:
        click.echo(f"hub: {error}", err=True)
        sys.exit(2 if isinstance(error, _WRONG_SETUP) else 1)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        # The last resort: the kind of fault, never its text, which may quote what was being worked on.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place is not None else "?"
        click.echo(
            f"hub: something broke that should not ({type(error).__name__} in {where}); please report it", err=True
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _leave_no_dump() -> None:
    """A crash writes no memory to the disk, of this process or of those that it starts: keys and texts are in it."""
    try:
        import resource
    except ModuleNotFoundError:  # where a system has no such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
