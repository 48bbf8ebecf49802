// A small app on Bolt for JavaScript. It does what app.py does; ../../src/tests/bolt.rs plays the people.

import bolt from "@slack/bolt";

const SIZES = ["Small", "Medium", "Large"];

const { SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, PORT } = process.env;

const clientOptions = { slackApiUrl: SLACK_API_URL };
const app = new bolt.App({
  token: SLACK_BOT_TOKEN,
  signingSecret: SLACK_SIGNING_SECRET,
  clientOptions,
  ...(SLACK_APP_TOKEN
    ? { socketMode: true, appToken: SLACK_APP_TOKEN, installerOptions: { clientOptions } }
    : {}),
});

const plain = (text) => ({ type: "plain_text", text });
const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
const button = (action_id, text) => ({ type: "button", action_id, text: plain(text), value: `${action_id}-1` });

const modal = (callback_id, title, blocks, channel = "") => ({
  type: "modal",
  callback_id,
  title: plain(title),
  submit: plain("Send"),
  private_metadata: channel,
  notify_on_close: callback_id === "order",
  blocks,
});

const orderForm = (title, channel) =>
  modal(
    "order",
    title,
    [
      { type: "input", block_id: "item", label: plain("Item"), element: { type: "plain_text_input", action_id: "value" } },
      {
        type: "input",
        block_id: "size",
        label: plain("Size"),
        optional: true,
        element: { type: "external_select", action_id: "size", min_query_length: 1 },
      },
      { type: "actions", block_id: "more", elements: [button("hint", "Hint"), button("terms", "Terms")] },
    ],
    channel,
  );

app.command("/order", async ({ ack, command, respond, client }) => {
  if (command.text === "help") return ack("Type /order to order something.");
  if (command.text === "blocks") {
    return ack({ response_type: "in_channel", text: "One block", blocks: [section("*One* block")] });
  }
  await ack();
  if (command.text === "later") {
    await respond("Here it is.");
    await respond({
      response_type: "in_channel",
      text: "Here it is for all.",
      blocks: [section("Here it is for *all*.")],
    });
    return;
  }
  if (command.text === "broken") {
    const view = { type: "modal", blocks: [] };
    const opening = client.views.open({ trigger_id: command.trigger_id, view });
    return opening.catch(({ data }) => respond(`${data.error}: ${data.response_metadata.messages[0]}`));
  }
  if (command.text === "busy") {
    return client.chat.postMessage({ channel: command.channel_id, text: "In the end." });
  }
  await client.views.open({ trigger_id: command.trigger_id, view: orderForm("Order", command.channel_id) });
});

app.shortcut("order.open", async ({ ack, shortcut, client }) => {
  await ack();
  await client.views.open({ trigger_id: shortcut.trigger_id, view: orderForm("From shortcut", "C0GENERAL") });
});

app.shortcut("order.same", async ({ ack, shortcut, client, respond }) => {
  await ack();
  await respond(`Seen: ${shortcut.message.text}`);
  await client.views.open({ trigger_id: shortcut.trigger_id, view: orderForm("Same again", shortcut.channel.id) });
});

app.options("size", async ({ ack, payload }) => {
  const offered = SIZES.filter((size) => size.toLowerCase().includes(payload.value.toLowerCase()));
  await ack({ options: offered.map((size) => ({ text: plain(size), value: size.toLowerCase() })) });
});

app.action("hint", async ({ ack, body, client }) => {
  await ack();
  const { id, hash, private_metadata } = body.view;
  await client.views.update({ view_id: id, hash, view: orderForm("With a hint", private_metadata) });
});

app.action("terms", async ({ ack, body, client }) => {
  await ack();
  const view = modal("terms", "Terms", [section("All sales are final.")]);
  await client.views.push({ trigger_id: body.trigger_id, view });
});

app.view("order", async ({ ack, view }) => {
  const item = view.state.values.item.value.value;
  if (item === "moon") {
    await ack({ response_action: "errors", errors: { item: "We do not sell the moon." } });
  } else if (item === "later") {
    await ack({ response_action: "update", view: orderForm("Anything else?", view.private_metadata) });
  } else {
    const size = view.state.values.size.size.selected_option?.value ?? "any size";
    const sure = modal("sure", "Sure?", [section(`${item}, ${size}`)], `${view.private_metadata}|${item}, ${size}`);
    await ack({ response_action: "push", view: sure });
  }
});

app.view("sure", async ({ ack, body, view, client }) => {
  await ack({ response_action: "clear" });
  const [channel, what] = view.private_metadata.split("|");
  const person = body.user.id;
  const { user } = await client.users.info({ user: person });
  const text = `${user.real_name} orders ${what}`;
  const options = ["Today", "Tomorrow"].map((day) => ({ text: plain(day), value: day.toLowerCase() }));
  const day = { type: "static_select", action_id: "day", placeholder: plain("Day"), options };
  const elements = [button("approve", "Approve"), button("ask", "Ask"), day];
  await client.chat.postMessage({ channel, text, blocks: [section(text), { type: "actions", block_id: "decide", elements }] });
  await client.chat.postEphemeral({ channel, user: person, text: "Your order was sent." });
  const direct = await client.conversations.open({ users: person });
  await client.chat.postMessage({ channel: direct.channel.id, text: `You ordered ${what}.` });
});

app.view({ callback_id: "order", type: "view_closed" }, async ({ ack, body, client }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: "Nothing was ordered." });
});

app.action("approve", async ({ ack, body, client, respond }) => {
  await ack();
  const text = `Approved by <@${body.user.id}>`;
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text, blocks: [section(text)] });
  await respond("You approved it.");
});

app.action("ask", async ({ ack, respond }) => {
  await ack();
  const elements = [button("change", "Change"), button("drop", "Drop")];
  await respond({ text: "What now?", blocks: [section("What now?"), { type: "actions", block_id: "asked", elements }] });
});

app.action("change", async ({ ack, respond }) => {
  await ack();
  const blocks = [{ type: "actions", elements: [button("drop", "Drop")] }];
  await respond({ replace_original: true, text: "Changed.", blocks });
});

app.action("drop", async ({ ack, respond }) => {
  await ack();
  await respond({ delete_original: true });
});

app.action("day", async ({ ack, action, say }) => {
  await ack();
  await say(`Due ${action.selected_option.value}.`);
});

app.event("app_home_opened", async ({ event, client }) => {
  const elements = [button("start", "Order")];
  const blocks = [section(`Hello <@${event.user}>`), { type: "actions", block_id: "home", elements }];
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
});

app.action("start", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: orderForm("From home", "C0GENERAL") });
});

await (SLACK_APP_TOKEN ? app.start() : app.start(Number(PORT)));
