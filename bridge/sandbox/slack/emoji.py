"""The emoji that the pretend workspaces know: Slack's short name and its code points, as rich_text carries them.

A part of the real list, enough for what people type and apps react with. A short name that is missing here is
refused by reactions.add as invalid_name and typed text keeps it as text: add it when it is real.
"""

_TABLE = """
+1 1f44d|-1 1f44e|thumbsup 1f44d|thumbsdown 1f44e|wave 1f44b|ok_hand 1f44c|clap 1f44f|raised_hands 1f64c
pray 1f64f|muscle 1f4aa|point_up 261d-fe0f|point_up_2 1f446|point_down 1f447|point_left 1f448
point_right 1f449|raised_hand 270b|hand 270b|v 270c-fe0f|crossed_fingers 1f91e|handshake 1f91d
writing_hand 270d-fe0f|saluting_face 1fae1|facepalm 1f926|shrug 1f937|see_no_evil 1f648|hear_no_evil 1f649
speak_no_evil 1f64a|smile 1f604|smiley 1f603|grinning 1f600|grin 1f601|laughing 1f606|satisfied 1f606
sweat_smile 1f605|joy 1f602|rolling_on_the_floor_laughing 1f923|wink 1f609|blush 1f60a
slightly_smiling_face 1f642|upside_down_face 1f643|innocent 1f607|heart_eyes 1f60d|star-struck 1f929
kissing_heart 1f618|yum 1f60b|stuck_out_tongue 1f61b|hugging_face 1f917|thinking_face 1f914
neutral_face 1f610|expressionless 1f611|no_mouth 1f636|face_with_rolling_eyes 1f644|smirk 1f60f
relieved 1f60c|pensive 1f614|sleeping 1f634|mask 1f637|sunglasses 1f60e|nerd_face 1f913|confused 1f615
worried 1f61f|open_mouth 1f62e|astonished 1f632|flushed 1f633|pleading_face 1f97a|cry 1f622|sob 1f62d
scream 1f631|disappointed 1f61e|sweat 1f613|weary 1f629|tired_face 1f62b|triumph 1f624|rage 1f621
angry 1f620|skull 1f480|ghost 1f47b|robot_face 1f916|heart 2764-fe0f|broken_heart 1f494|two_hearts 1f495
sparkling_heart 1f496|green_heart 1f49a|blue_heart 1f499|yellow_heart 1f49b|purple_heart 1f49c
orange_heart 1f9e1|black_heart 1f5a4|white_heart 1f90d|100 1f4af|boom 1f4a5|collision 1f4a5|sparkles 2728
star 2b50|star2 1f31f|dizzy 1f4ab|fire 1f525|zap 26a1|rainbow 1f308|sunny 2600-fe0f|partly_sunny 26c5
cloud 2601-fe0f|umbrella 2602-fe0f|snowflake 2744-fe0f|ocean 1f30a|tada 1f389|confetti_ball 1f38a
balloon 1f388|birthday 1f382|gift 1f381|trophy 1f3c6|medal 1f3c5|first_place_medal 1f947|dart 1f3af
rocket 1f680|airplane 2708-fe0f|car 1f697|red_car 1f697|truck 1f69a|house 1f3e0|office 1f3e2|bank 1f3e6
hospital 1f3e5|coffee 2615|tea 1f375|beer 1f37a|pizza 1f355|hamburger 1f354|taco 1f32e|apple 1f34e
mango 1f96d|strawberry 1f353|dog 1f436|cat 1f431|mouse 1f42d|unicorn_face 1f984|bee 1f41d|bug 1f41b
snail 1f40c|turtle 1f422|eyes 1f440|eye 1f441-fe0f|ear 1f442|brain 1f9e0|bust_in_silhouette 1f464
busts_in_silhouette 1f465|speech_balloon 1f4ac|left_speech_bubble 1f5e8-fe0f|thought_balloon 1f4ad
mega 1f4e3|loudspeaker 1f4e2|bell 1f514|no_bell 1f515|mute 1f507|speaker 1f508|iphone 1f4f1|calling 1f4f2
telephone_receiver 1f4de|phone 260e-fe0f|telephone 260e-fe0f|pager 1f4df|computer 1f4bb|email 2709-fe0f
envelope 2709-fe0f|incoming_envelope 1f4e8|envelope_with_arrow 1f4e9|e-mail 1f4e7|mailbox 1f4eb
mailbox_with_mail 1f4ec|mailbox_closed 1f4ea|postbox 1f4ee|inbox_tray 1f4e5|outbox_tray 1f4e4|package 1f4e6
memo 1f4dd|pencil 1f4dd|pencil2 270f-fe0f|clipboard 1f4cb|pushpin 1f4cc|round_pushpin 1f4cd|paperclip 1f4ce
link 1f517|scissors 2702-fe0f|file_folder 1f4c1|open_file_folder 1f4c2|page_facing_up 1f4c4
spiral_note_pad 1f5d2-fe0f|calendar 1f4c6|date 1f4c5|bar_chart 1f4ca|chart_with_upwards_trend 1f4c8
chart_with_downwards_trend 1f4c9|mag 1f50d|mag_right 1f50e|bulb 1f4a1|key 1f511|lock 1f512|unlock 1f513
closed_lock_with_key 1f510|lock_with_ink_pen 1f50f|hammer 1f528|wrench 1f527|hammer_and_wrench 1f6e0-fe0f
gear 2699-fe0f|shield 1f6e1-fe0f|moneybag 1f4b0|dollar 1f4b5|credit_card 1f4b3|receipt 1f9fe
money_with_wings 1f4b8|hourglass 231b|hourglass_flowing_sand 23f3|watch 231a|alarm_clock 23f0
stopwatch 23f1-fe0f|timer_clock 23f2-fe0f|clock1 1f550|clock3 1f552|clock9 1f558|clock12 1f55b|zzz 1f4a4
white_check_mark 2705|heavy_check_mark 2714-fe0f|ballot_box_with_check 2611-fe0f|x 274c
negative_squared_cross_mark 274e|heavy_multiplication_x 2716-fe0f|heavy_plus_sign 2795|heavy_minus_sign 2796
warning 26a0-fe0f|no_entry 26d4|no_entry_sign 1f6ab|octagonal_sign 1f6d1|stop_sign 1f6d1
rotating_light 1f6a8|construction 1f6a7|question 2753|grey_question 2754|exclamation 2757
heavy_exclamation_mark 2757|grey_exclamation 2755|bangbang 203c-fe0f|interrobang 2049-fe0f|recycle 267b-fe0f
repeat 1f501|arrows_counterclockwise 1f504|arrows_clockwise 1f503|arrow_up 2b06-fe0f|arrow_down 2b07-fe0f
arrow_left 2b05-fe0f|arrow_right 27a1-fe0f|arrow_upper_right 2197-fe0f|arrow_right_hook 21aa-fe0f
leftwards_arrow_with_hook 21a9-fe0f|fast_forward 23e9|rewind 23ea|arrow_forward 25b6-fe0f
double_vertical_bar 23f8-fe0f|back 1f519|end 1f51a|soon 1f51c|new 1f195|ok 1f197|sos 1f198|free 1f193
information_source 2139-fe0f|id 1f194|red_circle 1f534|large_orange_circle 1f7e0|large_yellow_circle 1f7e1
large_green_circle 1f7e2|large_blue_circle 1f535|large_purple_circle 1f7e3|white_circle 26aa
black_circle 26ab|large_green_square 1f7e9|large_yellow_square 1f7e8|large_red_square 1f7e5
small_red_triangle 1f53a|small_blue_diamond 1f539|triangular_flag_on_post 1f6a9|checkered_flag 1f3c1
waving_white_flag 1f3f3-fe0f|white_flag 1f3f3-fe0f|us 1f1fa-1f1f8|flag-us 1f1fa-1f1f8|flag-ca 1f1e8-1f1e6
family 1f46a|man-woman-girl-boy 1f468-200d-1f469-200d-1f467-200d-1f466|baby 1f476|signal_strength 1f4f6
vibration_mode 1f4f3|mobile_phone_off 1f4f4|no_mobile_phones 1f4f5|satellite 1f6f0-fe0f
satellite_antenna 1f4e1|test_tube 1f9ea|lady_beetle 1f41e|thread 1f9f5|bookmark 1f516|label 1f3f7-fe0f
zero 0030-fe0f-20e3|one 0031-fe0f-20e3|two 0032-fe0f-20e3|three 0033-fe0f-20e3|four 0034-fe0f-20e3
five 0035-fe0f-20e3|keycap_ten 1f51f|person_in_tuxedo 1f935|person_frowning 1f64d
man-shrugging 1f937-200d-2642-fe0f|woman-shrugging 1f937-200d-2640-fe0f|male-technologist 1f468-200d-1f4bb
female-technologist 1f469-200d-1f4bb
"""

CODE_POINTS: dict[str, str] = dict(
    pair.split(" ") for line in _TABLE.split("\n") for pair in line.split("|") if pair
)
SKIN_TONES = {2: "1f3fb", 3: "1f3fc", 4: "1f3fd", 5: "1f3fe", 6: "1f3ff"}


def glyph(code_points: str) -> str:
    """The characters behind code points joined by hyphens."""
    return "".join(chr(int(part, 16)) for part in code_points.split("-"))


def _glyphs() -> dict[str, str]:
    """Characters to short name, first name first, with and without the presentation selector."""
    found: dict[str, str] = {}
    for name, points in CODE_POINTS.items():
        found.setdefault(glyph(points), name)
        bare = glyph(points).replace("\ufe0f", "")
        if not bare.isascii() and len(bare) == len(glyph(points)) - 1 and ord(bare[0]) >= 0x2600:
            found.setdefault(bare, name)
    return found


NAME_OF_GLYPH: dict[str, str] = _glyphs()


def element(name: str, skin_tone: int | None = None) -> dict[str, object]:
    """The rich_text element of a standard emoji, or of a custom one, which has no code points."""
    points = CODE_POINTS.get(name)
    if points is None:
        return {"type": "emoji", "name": name}
    if skin_tone is None:
        return {"type": "emoji", "name": name, "unicode": points}
    toned = f"{points}-{SKIN_TONES[skin_tone]}"
    return {"type": "emoji", "name": name, "unicode": toned, "skin_tone": skin_tone}
