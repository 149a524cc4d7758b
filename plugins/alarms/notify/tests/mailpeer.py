# SPDX-License-Identifier: Apache-2.0
# A mail server by aiosmtpd: prints its port, takes mails until its input ends, then prints them as Python's email
# package understands them.
import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP

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


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), hostname="test"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(serve())
print(json.dumps(mails))
