"""What happens: one function per thing that happens, told top to bottom; a service owns its transaction."""
