"""`python -m channels.carrier --port 8090 --webhook http://127.0.0.1:8080/webhooks/twilio/sms`."""

import argparse
import asyncio
import contextlib
import sys

from channels.carrier import Carrier


async def _serve(port: int, webhook: str | None) -> None:
    carrier = Carrier(webhook=webhook)
    base_url = await carrier.start(port=port)
    print(f"HUB_TWILIO_API_URL={base_url}")
    print(f"HUB_TWILIO_ACCOUNT_SID={carrier.account_sid}")
    print(f"HUB_TWILIO_AUTH_TOKEN={carrier.auth_token}")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await carrier.stop()


def main() -> None:
    """Serve the simulated carrier on 127.0.0.1 until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m channels.carrier", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8090, help="port to listen on; 0 takes a free one")
    parser.add_argument("--webhook", help="the hub's address for texts that come in")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.port, given.webhook))


if __name__ == "__main__":
    main()
