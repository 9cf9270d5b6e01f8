"""What the pool's tests have workers do; importable, so that spawned workers find it."""

import faulthandler
import os
import signal
import time

from eikona.domain.errors import CorruptImageError


def double(number):
    return 2 * number


def double_slowly(number):
    time.sleep(0.002)
    return 2 * number


def length(data):
    return len(data)


def uneven(number):
    """Take longest for the first items, so that later ones are finished before them."""
    time.sleep(0.2 if number % 7 == 0 else 0.001)
    return number


def misbehave(kind):
    """Do what ``kind`` says and return it where that is survivable."""
    faulthandler.disable()
    if kind == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        os._exit(3)
    if kind == "hang":
        time.sleep(600)
    if kind == "memory":
        return len(bytearray(8 << 30))
    if kind == "defect":
        raise ZeroDivisionError("by nought")
    if kind == "corrupt":
        raise CorruptImageError("bits fell out")
    return kind


def own_pid(_):
    time.sleep(0.01)
    return os.getpid()


def unsendable(_):
    return lambda: None


def sigint_handling(_):
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def many_bytes(number):
    return bytes(number)
