"""Rasa beside the hub: a server of its own, in a Python 3.10 of its own, that learns by the sentences of `bots/data`.

    config.yml, domain.yml, rules.yml     what Rasa trains on, beside bots/data/nlu
    endpoints.yml, credentials.yml        how its server is set up
    requirements.txt, constraints.txt     its environment, every package pinned

1. `environment` makes that environment, finds it, and runs what belongs in it: training, the server, the actions.
2. `actions` and `hub_api` run there, and so keep to Python 3.10: what Rasa's own dialogue asks of the hub.
3. The hub asks a running server through `bots.nlu.served`.

Rasa is never imported here.
"""
