# SPDX-License-Identifier: Apache-2.0
# A mail server by aiosmtpd: prints its port, takes mails until its input ends, then prints them as Python's email
# package understands them.
import email
import email.policy
import json
import sys

from aiosmtpd.controller import Controller

mails = []


class Keep:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        mails.append(
            {
                "sender": envelope.mail_from,
                "recipients": envelope.rcpt_tos,
                "to": str(mail["To"]),
                "subject": str(mail["Subject"]),
                "text": mail.get_content(),
                "defects": [str(defect) for defect in mail.defects],
            }
        )
        return "250 taken"


controller = Controller(Keep(), hostname="127.0.0.1", port=0)
# Its own check connects to the port it was given, which is 0 here.
controller._trigger_server = lambda: None
controller.start()
print(controller.server.sockets[0].getsockname()[1], flush=True)
sys.stdin.read()
controller.stop()
print(json.dumps(mails))
