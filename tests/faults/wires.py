"""Connections between processes that a test can cut: what is sent on them goes nowhere then."""

import asyncio
import threading


class Wire:
    """Leads from a port of its own to another one."""

    def __init__(self, target):
        self.target = target
        self.port = 0
        self.is_cut = False  # what is sent goes nowhere, and nobody is told
        self.is_broken = False  # connections end, and none comes about
        self.writers = set()

    async def listen(self):
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()
        self.sever()

    async def _meet(self, reader, writer):
        if self.is_broken:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self.writers |= both
        there = asyncio.create_task(self._carry(reader, far_writer))
        back = asyncio.create_task(self._carry(far_reader, writer))
        await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        self._abort(both)

    async def _carry(self, reader, writer):
        try:
            while data := await reader.read(65_536):
                if not self.is_cut:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass

    def sever(self):
        self.is_broken = True
        self._abort(set(self.writers))

    def mend(self):
        self.is_cut = self.is_broken = False
        self._abort(set(self.writers))  # what was sent on them meanwhile is lost

    def _abort(self, writers):
        self.writers -= writers
        for writer in writers:
            writer.transport.abort()


class Wires:
    """All wires of a test, by who calls and who is called."""

    def __init__(self, targets):
        """Lay a wire for each pair: ``{(caller, called): port}``."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.between = {pair: Wire(port) for pair, port in targets.items()}
        for wire in self.between.values():
            self._run(wire.listen())

    def close(self):
        for wire in self.between.values():
            self._run(wire.close())
        self._run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def part(self, *groups):
        """Cut everybody off who is not of the same group; groups are sets of names."""
        for (caller, called), wire in self.between.items():
            wire.is_cut = not any({caller, called} <= group for group in groups)

    def sever(self, name):
        """End all connections of somebody, and let none come about."""
        for pair, wire in self.between.items():
            if name in pair:
                self._loop.call_soon_threadsafe(wire.sever)

    def mend(self):
        """Let all speak again."""
        for wire in self.between.values():
            if wire.is_cut or wire.is_broken:
                self._loop.call_soon_threadsafe(wire.mend)

    def _run(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def _end_all():
    """Let everything that was begun come to its end."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.sleep(0)
