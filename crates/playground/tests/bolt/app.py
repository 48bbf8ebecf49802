"""A small app on Bolt for Python. It does what app.mjs does; ../../src/tests/bolt.rs plays the people."""

import os

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

SIZES = ["Small", "Medium", "Large"]
API = os.environ["SLACK_API_URL"]

app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=API),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)
app.client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))


def plain(text):
    return {"type": "plain_text", "text": text}


def section(text):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id, text):
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": f"{action_id}-1"}


def modal(callback_id, title, blocks, channel=""):
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "submit": plain("Send"),
        "private_metadata": channel,
        "notify_on_close": callback_id == "order",
        "blocks": blocks,
    }


def order_form(title, channel):
    item = {"type": "plain_text_input", "action_id": "value"}
    size = {"type": "external_select", "action_id": "size", "min_query_length": 1}
    return modal(
        "order",
        title,
        [
            {"type": "input", "block_id": "item", "label": plain("Item"), "element": item},
            {"type": "input", "block_id": "size", "label": plain("Size"), "optional": True, "element": size},
            {"type": "actions", "block_id": "more", "elements": [button("hint", "Hint"), button("terms", "Terms")]},
        ],
        channel,
    )


@app.command("/order")
def order(ack, command, respond, client):
    if command["text"] == "help":
        ack("Type /order to order something.")
        return
    if command["text"] == "blocks":
        ack(response_type="in_channel", text="One block", blocks=[section("*One* block")])
        return
    ack()
    if command["text"] == "later":
        respond("Here it is.")
        respond(response_type="in_channel", text="Here it is for all.", blocks=[section("Here it is for *all*.")])
        return
    if command["text"] == "broken":
        try:
            client.views_open(trigger_id=command["trigger_id"], view={"type": "modal", "blocks": []})
        except SlackApiError as error:
            respond(f"{error.response['error']}: {error.response['response_metadata']['messages'][0]}")
        return
    if command["text"] == "busy":
        client.chat_postMessage(channel=command["channel_id"], text="In the end.")
        return
    client.views_open(trigger_id=command["trigger_id"], view=order_form("Order", command["channel_id"]))


@app.shortcut("order.open")
def shortcut(ack, shortcut, client):
    ack()
    client.views_open(trigger_id=shortcut["trigger_id"], view=order_form("From shortcut", "C0GENERAL"))


@app.shortcut("order.same")
def message_shortcut(ack, shortcut, client, respond):
    ack()
    respond(f"Seen: {shortcut['message']['text']}")
    client.views_open(trigger_id=shortcut["trigger_id"], view=order_form("Same again", shortcut["channel"]["id"]))


@app.options("size")
def sizes(ack, payload):
    offered = [size for size in SIZES if payload["value"].lower() in size.lower()]
    ack(options=[{"text": plain(size), "value": size.lower()} for size in offered])


@app.action("hint")
def hint(ack, body, client):
    ack()
    view = body["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view=order_form("With a hint", view["private_metadata"]))


@app.action("terms")
def terms(ack, body, client):
    ack()
    client.views_push(trigger_id=body["trigger_id"], view=modal("terms", "Terms", [section("All sales are final.")]))


@app.view("order")
def submitted(ack, view):
    item = view["state"]["values"]["item"]["value"]["value"]
    if item == "moon":
        ack(response_action="errors", errors={"item": "We do not sell the moon."})
    elif item == "later":
        ack(response_action="update", view=order_form("Anything else?", view["private_metadata"]))
    else:
        chosen = view["state"]["values"]["size"]["size"]["selected_option"]
        size = chosen["value"] if chosen else "any size"
        sure = modal("sure", "Sure?", [section(f"{item}, {size}")], f"{view['private_metadata']}|{item}, {size}")
        ack(response_action="push", view=sure)


@app.view("sure")
def sure(ack, body, view, client):
    ack(response_action="clear")
    channel, what = view["private_metadata"].split("|")
    person = body["user"]["id"]
    name = client.users_info(user=person)["user"]["real_name"]
    text = f"{name} orders {what}"
    choices = [{"text": plain(day), "value": day.lower()} for day in ["Today", "Tomorrow"]]
    day = {"type": "static_select", "action_id": "day", "placeholder": plain("Day"), "options": choices}
    buttons = [button("approve", "Approve"), button("ask", "Ask"), day]
    client.chat_postMessage(
        channel=channel,
        text=text,
        blocks=[section(text), {"type": "actions", "block_id": "decide", "elements": buttons}],
    )
    client.chat_postEphemeral(channel=channel, user=person, text="Your order was sent.")
    direct = client.conversations_open(users=person)["channel"]["id"]
    client.chat_postMessage(channel=direct, text=f"You ordered {what}.")


@app.view_closed("order")
def closed(ack, body, client):
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text="Nothing was ordered.")


@app.action("approve")
def approve(ack, body, client, respond):
    ack()
    where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
    text = f"Approved by <@{body['user']['id']}>"
    client.chat_update(**where, text=text, blocks=[section(text)])
    respond("You approved it.")


@app.action("ask")
def ask(ack, respond):
    ack()
    buttons = {"type": "actions", "block_id": "asked", "elements": [button("change", "Change"), button("drop", "Drop")]}
    respond(text="What now?", blocks=[section("What now?"), buttons])


@app.action("change")
def change(ack, respond):
    ack()
    respond(replace_original=True, text="Changed.", blocks=[{"type": "actions", "elements": [button("drop", "Drop")]}])


@app.action("drop")
def drop(ack, respond):
    ack()
    respond(delete_original=True)


@app.action("day")
def day(ack, action, say):
    ack()
    say(f"Due {action['selected_option']['value']}.")


@app.event("app_home_opened")
def home(event, client):
    blocks = [section(f"Hello <@{event['user']}>"), {"type": "actions", "block_id": "home", "elements": [button("start", "Order")]}]
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


@app.action("start")
def start(ack, body, client):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=order_form("From home", "C0GENERAL"))


if __name__ == "__main__":
    if os.environ.get("SLACK_APP_TOKEN"):
        token = os.environ["SLACK_APP_TOKEN"]
        SocketModeHandler(app, token, web_client=WebClient(token=token, base_url=API)).start()
    else:
        app.start(port=int(os.environ["PORT"]))
