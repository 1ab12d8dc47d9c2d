"""Asks Amundsen's metadata service in this process, with the rendered gatehouse_amundsen.py pointed at other addresses."""

import json
import sys
import time

import gatehouse_amundsen

job = json.load(sys.stdin)
gatehouse_amundsen.SETTINGS.update(job['settings'])

import memory_metadata  # noqa: E402

client = memory_metadata.application.test_client()
answers = []
for ask in job['asks']:
    before = time.monotonic()
    answer = client.get(ask['path'], headers=ask['headers'])
    seconds = time.monotonic() - before
    answers.append({'status': answer.status_code, 'body': answer.get_json(silent=True), 'seconds': seconds})
print('answers', json.dumps(answers), flush=True)
