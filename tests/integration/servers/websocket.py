"""A WebSocket server that echoes; "close" closes, "burst" sends three messages, "leave" sends two and closes, "ping" tells whether a ping is
answered within 300 ms, "how" the code of the last close frame that it was sent on a connection of the same path. Argument: port."""
import asyncio
import sys

import websockets


last = {}


def path_of(socket):
    return socket.request.path if hasattr(socket, "request") else socket.path


async def leave(socket, code, reason):
    await socket.close(code, reason)
    last[path_of(socket)] = socket.close_code


async def ping(socket):
    try:
        await asyncio.wait_for(await socket.ping(), 0.3)
        return "answered"
    except asyncio.TimeoutError:
        return "not answered"


async def talk(socket, path=None):
    async for message in socket:
        if message == "close":
            await leave(socket, 1011, "as asked")
        elif message == "leave":
            await socket.send("a")
            await socket.send("b")
            await leave(socket, 1000, "done")
        elif message == "ping":
            await socket.send(await ping(socket))
        elif message == "how":
            await socket.send(str(last.get(path_of(socket))))
        elif message == "burst":
            for n in range(3):
                await socket.send(str(n))
        else:
            await socket.send(message)


async def main():
    async with websockets.serve(talk, "127.0.0.1", int(sys.argv[1])):
        await asyncio.Future()


asyncio.run(main())
