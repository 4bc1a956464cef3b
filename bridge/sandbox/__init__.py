"""An island: pretend Slack and Twilio on loopback, reached by HTTP and reaching the app by HTTP."""
