"""The parts of the push channel.

1. `subscription` reads what an address holds: a browser's subscription, or an app's token at FCM or APNs.
2. `notice` makes of a part all that may leave: "New message from CLINIC", our reference, how long and how urgently.
3. `web`, `fcm` and `apns` each make one request of a notice; `vapid` signs for the first, `guard` keeps it from
   addresses inside our own network.
4. `link` carries requests and says what went wrong with them; `outcome` says what a refusal means.
"""
