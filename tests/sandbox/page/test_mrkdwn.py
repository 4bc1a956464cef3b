"""Words as Slack shows them: styles, quotes, links, mentions, emoji and dates."""

from tests.sandbox.page.standin import Stage

DRAWN = """async (text) => {
    const { mrkdwn } = await import("/static/blocks/mrkdwn.js");
    const { draw } = await import("/static/draw.js");
    const box = document.createElement("div");
    draw(box, ...mrkdwn(text));
    return box.innerHTML.replace(/ (class|role|aria-label|title|target|rel|datetime)="[^"]*"/g, "");
}"""
BOLD, LINK = "<strong>{}</strong>", '<a href="https://example.com/a_b_c">{}</a>'
SHOWN = {
    "*bold* _slanted_ ~gone~ `code`": "<strong>bold</strong> <em>slanted</em> <s>gone</s> <code>code</code>",
    "_*both*_ ~*too*~": "<em><strong>both</strong></em> <s><strong>too</strong></s>",
    "_slanted *bold* on_": "<em>slanted <strong>bold</strong> on</em>",
    "*<https://example.com/a_b_c|Title>*": BOLD.format(LINK.format("Title")),
    "*see `*code*` there*": "<strong>see <code>*code*</code> there</strong>",
    "*hi <@U01BEN>*": "<strong>hi <span>@Ben</span></strong>",
    "5*3*2 and snake_case_name": "5*3*2 and snake_case_name",
    "* not bold*, *nor this *": "* not bold*, *nor this *",
    "<https://example.com/a_b_c>": LINK.format("https://example.com/a_b_c"),
    "<javascript:alert(1)|click>": "<span>click</span>",
    "<!here>, <!subteam^S1|@lawyers>": "<span>@here</span>, <span>@lawyers</span>",
    "<!subteam^S1>": "<span>@a group</span>",
    "<#C01LEADS> <@U9>": "<span>#leads</span> <span>@somebody</span>",
    "&lt;b&gt; &amp;amp;": "&lt;b&gt; &amp;amp;",
    "&gt; one\n&gt; two\nthree": "<blockquote>one\ntwo</blockquote>three",
    "a\n&gt;&gt;&gt; b\nc": "a<blockquote>b\nc</blockquote>",
    "```\n*no*\n```": "<pre>*no*\n</pre>",
    ":wave: :wave::skin-tone-3:": "<span>\U0001f44b</span> <span>\U0001f44b\U0001f3fc</span>",
    ":constructor: 10:30:00": ":constructor: 10:30:00",
    "<!date^1700017200^{date_num}|then>": "<time>2023-11-14</time>",
    "<!date^x^{date_num}|then>": "then",
    "\ue000*x*": "\ufffd<strong>x</strong>",
}


async def test_words_are_shown_as_slack_shows_them(stage: Stage) -> None:
    shown = {text: await stage.tab.evaluate(DRAWN, text) for text in SHOWN}
    assert shown == SHOWN
