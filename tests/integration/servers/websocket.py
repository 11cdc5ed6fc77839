"""A WebSocket server that echoes; "close" closes, "burst" sends three messages. Argument: port."""
import asyncio
import sys

import websockets


async def talk(socket, path=None):
    async for message in socket:
        if message == "close":
            await socket.close(1011, "as asked")
        elif message == "burst":
            for n in range(3):
                await socket.send(str(n))
        else:
            await socket.send(message)


async def main():
    async with websockets.serve(talk, "127.0.0.1", int(sys.argv[1])):
        await asyncio.Future()


asyncio.run(main())
