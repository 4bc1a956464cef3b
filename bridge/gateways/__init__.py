"""Who is called: one class per outside service; each raises only GatewayError."""
