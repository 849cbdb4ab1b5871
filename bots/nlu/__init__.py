"""What a text means.

    1 features      text → words, pairs, pieces of words
    2 classifier    features → a score for each intent; trained by `train` in a process of its own from `bots/data`
    3 context       what the bot asked last shifts the scores
    4 clauses       several wishes in one text are found one by one
    5 gazetteer, choice, names, bots.dates
                    what the text names: provider, specialty, visit type, a pick, a name, a time
    6 embedded      all of it together: text → `Meaning`
    7 staged        the same with a second stage over an embedding, where that is switched on; `second`, `encoders`

`model` is the contract that a Rasa server fulfils as well; `score` measures either.
"""
