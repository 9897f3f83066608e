"""Spots passages of protected documents in the articles of a NATS stream. Start as many as there are cores.

    python3 consumer.py NATS_URL PROTECTED BACKGROUND [--until-idle SECONDS]

Takes batches from the stream ARTICLES by the durable consumer `spotters`, gives each to its own `tellmark spot`, publishes what comes
out to the stream HITS, and acknowledges the batch only then: what was under way when a machine died is searched again by
another one, and hits that were published twice are dropped by their `Nats-Msg-Id`.
"""
import asyncio
import hashlib
import sys

import nats
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

BATCH = 2000
# Longer than a batch takes: otherwise it is delivered to another one as well.
ACK_WAIT_SECONDS = 600


async def spot(messages, protected, background):
    """The hits in a batch, a line each."""
    # A line break in an article would be two lines; JSON needs none.
    lines = b"".join(message.data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for message in messages)
    process = await asyncio.create_subprocess_exec(
        "tellmark", "spot", "--documents", protected, "--background", background,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate(lines)
    # Exit code 2 says that some lines could not be read: the others were searched.
    if process.returncode not in (0, 2):
        raise RuntimeError(f"tellmark spot ended with {process.returncode}")
    return out.splitlines()


async def main(url, protected, background, idle):
    connection = await nats.connect(url)
    stream = connection.jetstream()
    await stream.add_stream(StreamConfig(
        name="ARTICLES", subjects=["articles.>"], retention=RetentionPolicy.WORK_QUEUE))
    await stream.add_stream(StreamConfig(name="HITS", subjects=["hits"], duplicate_window=3600))
    consumer = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT_SECONDS, max_ack_pending=10 * BATCH)
    articles = await stream.pull_subscribe("articles.>", durable="spotters", config=consumer)
    while True:
        try:
            batch = await articles.fetch(BATCH, timeout=idle or 30)
        except asyncio.TimeoutError:
            if idle:
                break
            continue
        try:
            hits = await spot(batch, protected, background)
        except RuntimeError as error:
            # Not acknowledged: delivered again, to this one or another.
            print(error, file=sys.stderr)
            await asyncio.gather(*(message.nak(delay=10) for message in batch))
            continue
        for line in hits:
            name = hashlib.sha256(line).hexdigest()
            await stream.publish("hits", line, headers={"Nats-Msg-Id": name})
        for message in batch:
            await message.ack()
    await connection.close()


if __name__ == "__main__":
    words = sys.argv[1:]
    wait = float(words.pop(words.index("--until-idle") + 1)) if "--until-idle" in words else None
    asyncio.run(main(*[word for word in words if word != "--until-idle"], wait))
