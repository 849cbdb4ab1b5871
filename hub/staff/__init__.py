"""The pages of staff, and the calls that they make: the inbox, settings, and how one gets in.

1. `access` tells who of the staff makes a request, whether they may, and whether the thread or patient that it names
   is within their reach: there alone.
2. `inbox` has the calls under `/inbox/api`, declared as the API's are; a page is drawn once and lives by them.
3. A page never gets a text as markup: its scripts set text, its templates escape.
"""
