"""Accounts: the staff, what their roles let them do, how they prove who they are, and their sessions.

1. `permissions` is the table of roles; `users` keeps who the staff are, sealed under the hub's key.
2. `passwords`, `totp` and `recovery` are what one proves oneself by; passkeys and another provider's word come with
   `hub.signin.ceremonies` and `openid`.
3. `entering` turns proofs into a session; `sessions` finds it again, locks it when nobody is at it, and ends it.
4. `links` are good once: invitations, resets, a sign-in under way.
5. `glass` is what one sees beyond one's reach, having said why.
"""
