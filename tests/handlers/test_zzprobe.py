import asyncio, json, time, gzip
import aiohttp, pytest
from tests.cast import *
import logging

async def raw(stage, data, read=65536, wait=3):
    host, port = "127.0.0.1", int(stage.app.url.rsplit(":",1)[1])
    r,w = await asyncio.open_connection(host, port)
    w.write(data); 
    try:
        await w.drain()
    except ConnectionError as e: print("drain", e)
    try:
        out = await asyncio.wait_for(r.read(read), wait)
    except Exception as e:
        out = repr(e)
    w.close()
    return out

async def test_probe(stage, caplog):
    stage.expects_incidents=True
    S = lambda b, ts=None: stage.slack.sign(b, ts)
    async def post(body, headers, path="/slack/events"):
        t=time.perf_counter()
        try:
            async with aiohttp.ClientSession() as s, s.post(stage.app.url+path, data=body, headers=headers) as a:
                return a.status, (await a.text())[:200], dict(a.headers), round((time.perf_counter()-t)*1000)
        except Exception as e:
            return repr(e), round((time.perf_counter()-t)*1000)
    J={"Content-Type":"application/json"}
    F={"Content-Type":"application/x-www-form-urlencoded"}
    print("big", await post(b"x"*(256*1024+1), J))
    print("10M", await post(b"x"*(10*1024*1024), J))
    async def endless():
        for _ in range(100000): yield b"x"*65536
    print("endless", await post(endless(), J))
    print("gzip", await post(gzip.compress(b"x"*100_000_000), {**J, "Content-Encoding":"gzip"}))
    print("badjson", await post(b"{", {**J, **S(b"{")}))
    d=b"["*200000
    print("deep", await post(d, {**J, **S(d)}))
    d=b"payload="+b"["*200000
    print("deep payload", await post(d, {**F, **S(d)}))
    d=b"payload=%5B1%5D"
    print("arr payload", await post(d, {**F, **S(d)}))
    d=b"payload=x"
    print("x payload", await post(d, {**F, **S(d)}))
    d=b"ssl_check=1&token=x"
    print("ssl unsigned", await post(d, F), await post(d, {**F, **S(d)}))
    d=json.dumps({"type":"url_verification","challenge":"abc","token":"x"}).encode()
    print("urlv", await post(d, {**J,**S(d)}), await post(d,J))
    for d in [{"type":"app_rate_limited","team_id":"T01LAW","minute_rate_limited":1},{"type":"wonder"},{}, {"type":"event_callback"},{"type":"event_callback","team_id":"T9","event":{"type":"message"}},{"type":"event_callback","team_id":"T01LAW","event":{"type":"reaction_added"}}, {"type":"event_callback","team_id":"T01LAW","event":{"type":"message","thread_ts":"1","ts":"2","user":"U1"}}, {"type":"event_callback","team_id":"T01LAW","event":[]}]:
        b=json.dumps(d).encode()
        print(d, await post(b,{**J,**S(b)}))
    for ts in ["abc","", "1e9", str(int(time.time())-301), str(int(time.time())+301), "١٢٣"]:
        try: print(ts, (await post(b"{}",{**J,**S(b"{}",ts)}))[:2])
        except Exception as e: print(ts, repr(e))
    print("garbage", await raw(stage, b"\x16\x03\x01 hello\r\n\r\n"))
    print("garbage2", await raw(stage, b"POST /x HTTP/9.9\r\n\r\n"))
    print("bighdr", await raw(stage, b"GET / HTTP/1.1\r\nHost: x\r\nA: "+b"a"*20000+b"\r\n\r\n"))
    print("badCL", await raw(stage, b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: zzz\r\n\r\n"))
    print("badchunk", await raw(stage, b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"))
    print("get404", await raw(stage, b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    print("media", await raw(stage, b"GET /media/1/1/99999999999/%ED%A0%80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    print("command", await stage.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", "the payload is {"), await stage.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", '{"a":1}'))
    print("unknown command", await stage.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/other", 'x'))
    for r in caplog.records: print("LOG", r.name, r.levelname, r.getMessage()[:300], bool(r.exc_info))
    for l in stage.logs: print("SLOG", l)
