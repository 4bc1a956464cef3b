"""An island: pretend Slack, Twilio and Stripe on loopback, reached by HTTP and reaching the app by HTTP."""
