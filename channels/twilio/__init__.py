"""What all of Twilio's products share: one HTTP client, one table of error codes, one signature check.

1 `client.TwilioApi.post` writes one request over the shared connection pool
2 `errors.raise_for` turns a refusal into one of our errors, by Twilio's code first, then by HTTP status
3 `signature.SignatureCheck` proves that a webhook came from Twilio
"""
