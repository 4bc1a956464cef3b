-- What benchmarks/stock.py puts into a database. In braces stands what it fills in: {n} is a list of numbers i, one
-- for each conversation, or for each pair of a text and its reply; {at} is when pair i was, {began} when all began.

-- For each conversation. The numbers are those of benchmarks.texts.lead(): who texts during the run has a history.
INSERT INTO contacts (id, firm_id, phone, created_at)
{n} SELECT i + 1, {firm}, '+1' || CAST((200 + i / 100) * 10000000 + 5550100 + i % 100 AS TEXT), {began} FROM n;

-- For each conversation.
INSERT INTO conversations (id, firm_id, contact_id, number_id, last_at, created_at)
{n} SELECT i + 1, {firm}, i + 1, {number}, {began}, {began} FROM n;

-- For each conversation.
INSERT INTO threads (id, firm_id, conversation_id, channel_id, root_ts, created_at)
{n} SELECT i + 1, {firm}, i + 1, '{channel}', '1500000000.' || CAST(100000 + i AS TEXT), {began} FROM n;

-- Of 100 days.
INSERT INTO messages (id, firm_id, conversation_id, number_id, direction, body, state, sid, created_at)
{n} SELECT 2 * i + 1, {firm}, 1 + i % {talks}, {number}, 'in',
  'Good morning, this is one of the texts that were stored long before, number ' || CAST(i AS TEXT), 'received',
  'MM0000000000000001' || CAST(10000000000000 + i AS TEXT), {at}
FROM n;

-- Of 100 days.
INSERT INTO messages (id, firm_id, conversation_id, number_id, direction, purpose, body, state, sid, segments,
  author_id, origin_channel, origin_ts, client_msg_id, mark, started_at, created_at)
{n} SELECT 2 * i + 2, {firm}, 1 + i % {talks}, {number}, 'out', 'reply',
  'Good morning, this is one of the replies that were stored long before, number ' || CAST(i AS TEXT), 'delivered',
  'MM0000000000000002' || CAST(10000000000000 + i AS TEXT), 1, 'U' || CAST(100000 + i % 20 AS TEXT), '{channel}',
  '1600000000.' || CAST(1000000 + i AS TEXT), 'old-' || CAST(i AS TEXT), 'heavy_check_mark', {at}, {at}
FROM n;

-- Of 100 days.
INSERT INTO audit (firm_id, at, actor, action, facts)
{n} SELECT {firm}, {at}, 'U' || CAST(100000 + i % 20 AS TEXT), 'send',
  '["about as long as that which is written down about each of the replies: who, on which facts, when, and how long"]'
FROM n;

-- Of 30 days.
INSERT INTO receipts (firm_id, sid, status, at)
{n} SELECT {firm}, 'MM0000000000000002' || CAST(10000000000000 + i AS TEXT), 'delivered', {at} FROM n;

-- Of 2 days.
INSERT INTO seen (firm_id, key, at) {n} SELECT {firm}, 'event:Old' || CAST(i AS TEXT), {at} FROM n;

-- Of 2 days.
INSERT INTO seen (firm_id, key, at) {n} SELECT {firm}, 'client:{channel}:old-' || CAST(i AS TEXT), {at} FROM n;

-- Of 1 day.
INSERT INTO outbox (firm_id, lane, service, route, kind, payload, state, due_at, created_at, done_at)
{n} SELECT {firm}, 'thread:' || CAST(1 + i % {talks} AS TEXT), 'slack', 'post:{channel}', 'post', '[]', 'done',
  {at}, {at}, {at}
FROM n;

-- Of 1 day.
INSERT INTO outbox (firm_id, lane, service, route, kind, payload, state, due_at, created_at, done_at)
{n} SELECT {firm}, 'texts:' || CAST(1 + i % {talks} AS TEXT), 'twilio', 'sms:{number}', 'text', '[]', 'done',
  {at}, {at}, {at}
FROM n;
