"""Ways to reach a person. A channel turns one part into one request, and one webhook into what it means.

The flow, with what the hub does on either side:

    1 discover   `registry.discover` finds the channel classes; `registry.build` makes those that are configured
    2 send       outbox ─► Channel.send(part) ─► one request ─► Receipt, or a ChannelError with its policy
    3 verify     webhook ─► Channel.verify(hook): signed by the provider, or SignatureInvalid
    4 parse      the same webhook ─► Channel.parse(hook): [Inbound | Status], or PayloadInvalid
    5 reconcile  a part whose outcome is unknown ─► Reconciling.lookup(part, since): taken, not taken, or unclear

                        ┌─────────── channels/ ───────────┐
        outbox ─ part ─►│ send ───── request ─────────────┼─► provider
        outbox ◄ receipt┤                                 │
        accept ◄─ said ─┤ parse ◄─ verify ◄──── webhook ──┼── provider
                        └─────────────────────────────────┘

Splitting, retry, rate limits, consent, logging and storage belong to the hub: an adapter cannot forget what it
never does. `verify` and `parse` are pure.

To add a channel:

    1 one file here with one subclass of `base.Channel` (or, from another package, an entry point of the group
      `carehub.channels` that names such a class)
    2 one file in `tests/channels` that hands the channel to `contract.ChannelContract` and adds its own tables
    3 nothing else

`sms` texts through Twilio, `twilio/` holds what its products share, `carrier/` is a simulated carrier that speaks
Twilio's API for the demo and the tests, `phones` writes numbers in their normal form.
"""
