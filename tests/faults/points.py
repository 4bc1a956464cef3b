"""Every failpoint of the product, and the scene in which somebody dies there.

A unit of work is named after the function that begins it, and has two points: right before its COMMIT and right
after. A call to a service is named after its method or resource, and has two: before it leaves, and when its
answer is there. tests/house/test_failpoints.py finds whatever the product has and this list has not.
"""

from bridge.gateways.stripe_http import OPERATIONS
from tests.faults.play import Scene
from tests.faults.scenes import importers, leads, operators, staff, starters, switches

UNITS: dict[str, Scene] = {
    "app._check": operators.a_start,
    "commands.session._check_key": operators.a_command_about_the_firm,
    "jobs.outcomes._delay_route": staff.a_reply_that_is_told_when,
    "jobs.outcomes._give_up": operators.a_promise_of_a_newer_version,
    "jobs.outcomes._postpone": staff.a_reply_while_twilio_is_busy,
    "jobs.outcomes._probed": leads.a_text_nobody_would_post,
    "jobs.outcomes._record": staff.a_reply_in_doubt,
    "jobs.outcomes._switch_off": leads.a_text_for_an_archived_channel,
    "jobs.outcomes._trouble": leads.a_post_in_doubt,
    "jobs.sweeps._bit_by_bit": operators.a_start,
    "jobs.worker.Worker._claim": leads.a_first_text,
    "jobs.worker.Worker._begin": operators.a_start,
    "jobs.worker.Worker._release": operators.a_stop_in_the_middle,
    "services.alterations.take_in": staff.an_edit,
    "services.answers._answer_late": staff.a_press_by_somebody_new,
    "services.answers.give_up": staff.a_press_by_nobody_knows_whom,
    "services.answers.press": staff.a_reply_in_doubt,
    "services.api_keys.count": leads.a_signup_by_api,
    "services.api_keys.create": operators.a_key,
    "services.api_keys.revoke": operators.a_key,
    "services.blocks.lift_chosen": starters.a_block_that_is_lifted,
    "services.blocks.lift_for_operator": operators.a_number_that_was_blocked,
    "services.audit._seal_some": operators.an_entry_that_is_sealed,
    "services.backfill._of_number": operators.a_start,
    "services.caps._turn": operators.a_firm_that_goes_astray,
    "services.catching_up._go_on": switches.a_text_that_came_while_it_was_off,
    "services.catching_up._promise_again": switches.a_text_that_crossed_the_switch,
    "services.consent.agree": operators.a_number_that_is_taken_off,
    "services.consent.undo": operators.a_number_that_is_taken_off,
    "services.consent.unsubscribe": operators.a_number_that_is_taken_off,
    "services.deliveries._accepted": staff.a_reply,
    "services.deliveries._ask_staff": staff.a_reply_in_doubt,
    "services.deliveries._begin": staff.a_reply,
    "services.deliveries._not_sent": staff.a_reply_while_twilio_is_busy,
    "services.deliveries._start_over": staff.a_reply_begun_and_not_marked,
    "services.deliveries.give_up": staff.a_reply_that_twilio_refuses,
    "services.deps.Deps._finish_all": staff.a_reply_proved_by_its_receipt,
    "services.entering._enter": importers.a_table_that_is_entered,
    "services.entering._pause": importers.a_table_that_takes_its_time,
    "services.entering._settle": importers.a_table_that_is_dropped,
    "services.examinations.database._check_key": operators.a_doctor,
    "services.examinations.database._settings": operators.a_doctor,
    "services.first_texts.accept": starters.a_text_to_somebody_new,
    "services.first_texts.open_thread": starters.an_empty_thread,
    "services.health._take_lock": operators.a_question_whether_it_is_ready,
    "services.holds.Hold._renew": leads.a_picture_that_takes_its_time,
    "services.home._refresh_all": switches.a_home_that_is_kept_fresh,
    "services.home.opened": starters.a_home_that_is_looked_at,
    "services.home.turn_page": switches.a_page_that_is_turned,
    "services.import_reports._posted": importers.a_table_that_is_dropped,
    "services.import_reports.give_up": importers.a_table_whose_rest_slack_does_not_take,
    "services.imports.cancel": importers.a_table_that_is_canceled,
    "services.imports.choose": importers.a_table_that_is_read_otherwise,
    "services.imports.drop": importers.a_table_that_is_dropped,
    "services.imports.enter": importers.a_table_that_is_entered,
    "services.inbound.receive_all": leads.a_first_text,
    "services.incoming_pictures._ask_for_thread": leads.a_picture_without_a_thread,
    "services.incoming_pictures._finish": leads.a_picture,
    "services.incoming_pictures._lost": leads.a_picture_that_is_gone,
    "services.installs.channel_renamed": operators.a_channel_with_another_id,
    "services.installs.channel_works_again": leads.a_text_for_an_archived_channel,
    "services.installs.from_token": operators.a_start,
    "services.installs.prefer": operators.a_command_about_the_firm,
    "services.installs.revoked": operators.a_token_that_is_revoked,
    "services.installs.set_channel": operators.a_command_about_the_firm,
    "services.installs.set_help": operators.a_command_about_the_firm,
    "services.installs.set_own_twilio": operators.a_command_about_the_firm,
    "services.installs.set_plan": operators.a_command_about_the_firm,
    "services.installs.set_reply_mode": operators.a_command_about_the_firm,
    "services.installs.set_two_way": operators.a_command_about_the_firm,
    "services.intake.forget": leads.a_signup_by_api,
    "services.later._enter": staff.a_text_whose_time_comes,
    "services.leads.add": operators.a_command_about_the_firm,
    "services.leads.enter": operators.a_command_about_the_firm,
    "services.leads.forget": operators.a_number_that_is_taken_off,
    "services.links._keep": starters.a_search_for_somebody_with_a_thread,
    "services.links.ask": starters.a_search_for_somebody_with_a_thread,
    "services.lookups._learn": operators.a_signup,
    "services.lookups.check": operators.a_number_that_was_blocked,
    "services.marks._remember": staff.a_reply,
    "services.marks._removed": staff.a_reply,
    "services.members.refuse": starters.a_text_to_somebody_new,
    "services.numbers._is_ready": operators.a_number_in_a_service,
    "services.numbers._remember": operators.a_number_in_a_service,
    "services.optouts.enter": operators.a_number_that_is_taken_off,
    "services.outgoing_pictures._store": staff.a_picture,
    "services.own_texts._shown": starters.a_text_to_somebody_new,
    "services.people._judge": staff.a_reply_by_somebody_new,
    "services.people._remember": staff.a_reply_by_somebody_new,
    "services.people.give_up": staff.a_reply_by_nobody_knows_whom,
    "services.plans._turn_on": switches.a_firm_that_is_switched_on,
    "services.plans.disable": switches.a_firm_that_is_switched_off,
    "services.plans.settled": switches.a_step_that_is_done,
    "services.posts._address": leads.a_text_nobody_would_post,
    "services.posts._followers": leads.a_post_in_doubt,
    "services.posts._posted": leads.a_picture,
    "services.posts.give_up_remark": leads.a_line_that_is_lost,
    "services.posts.give_up_text": leads.a_dead_post,
    "services.promises.let_go": staff.a_mark_that_slack_refuses,
    "services.receipts.on_status": staff.a_reply,
    "services.replies._take_in": staff.a_reply,
    "services.restored.doubt_everything": operators.a_copy_that_was_put_back,
    "services.roots._go_on": switches.a_switch_that_all_roots_show,
    "services.stuck._settle": leads.a_dead_post,
    "services.suspicion._follow_up": leads.words_that_nobody_decided_about,
    "services.threads._lose": leads.a_lost_thread,
    "services.threads._remember": leads.a_first_text,
    "services.usage._note": operators.a_month_that_is_full,
}

# Units that may come to something else altogether.
OTHERWISE: dict[str, Scene] = {
    "services.deliveries._begin": staff.a_reply_that_a_stop_overtakes,
}

CALLS: dict[str, Scene] = {
    "door POST": operators.a_doctor,
    "slack auth.test": operators.a_start,
    "slack chat.delete": leads.a_lost_thread,
    "slack chat.getPermalink": leads.a_lost_thread,
    "slack chat.postEphemeral": staff.an_edit,
    "slack chat.postMessage": leads.a_first_text,
    "slack chat.update": leads.a_stop,
    "slack conversations.history": leads.a_root_in_doubt,
    "slack conversations.info": operators.a_doctor,
    "slack conversations.replies": leads.a_post_in_doubt,
    "slack download": staff.a_picture,
    "slack files.completeUploadExternal": leads.a_picture,
    "slack files.getUploadURLExternal": leads.a_picture,
    "slack reactions.add": staff.a_reply,
    "slack reactions.remove": staff.a_reply,
    "slack upload": leads.a_picture,
    "slack users.info": staff.a_reply_by_somebody_new,
    "slack users.list": leads.a_text_nobody_would_post,
    "slack views.open": starters.a_text_to_somebody_new,
    "slack views.publish": starters.a_home_that_is_looked_at,
    "slack views.push": starters.a_card_that_leads_to_a_text,
    "slack views.update": starters.a_text_to_somebody_new,
    "twilio GET IncomingPhoneNumbers": operators.a_number_in_a_service,
    "twilio GET Messages": operators.a_start,
    "twilio GET Messages/SM": staff.a_reply_without_receipts,
    "twilio GET Messages/MM/Media": leads.a_missed_text,
    "twilio GET Messages/MM/Media/ME": leads.a_picture,
    "twilio GET PhoneNumbers/+": operators.a_signup,
    "twilio GET Services": operators.a_number_in_a_service,
    "twilio GET Services/MG/PhoneNumbers": operators.a_number_in_a_service,
    "twilio POST IncomingPhoneNumbers/PN": operators.a_number_in_a_service,
    "twilio POST Messages": staff.a_reply,
    "twilio POST Services/MG": operators.a_number_in_a_service,
}

# What no part of the product calls yet: it gets its scene when it does.
NOT_CALLED_YET = {
    "slack respond",
    *(f"stripe {operation}" for operation in OPERATIONS),
}

SLOW = {"jobs.worker.Worker._release"}  # waits for what a stop waits for, seven seconds


def points() -> list[tuple[str, Scene]]:
    """Each point with its scene: "before commit services.replies._take_in", "after slack chat.postMessage"."""
    units = [(f"commit {name}", scene) for name, scene in (*UNITS.items(), *OTHERWISE.items())]
    return [(f"{when} {name}", scene) for name, scene in (*units, *CALLS.items()) for when in ("before", "after")]


def unit_of(point: str) -> str:
    """The unit or call that a point belongs to."""
    return point.removeprefix("before ").removeprefix("after ").removeprefix("commit ")
