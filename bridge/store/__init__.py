"""What is remembered: the tables, one file of queries per noun, the outbox and the migrations."""
