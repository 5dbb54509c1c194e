"""Wrong calls. Each type checker reports exactly the lines that end in `# wrong`."""

from fractions import Fraction

import numpy as np

from resources_py import CpuValue, Quantity, Resources, ResourceValue
from resources_py.service import AsyncClient, Client


def declare(flag: bool, fraction: float, flags: list[bool], numpy_flag: np.bool) -> None:
    Resources(cpu=True)  # wrong
    Resources(True)  # wrong
    Resources(mem=True)  # wrong
    Resources(gpu=False)  # wrong
    Resources(ephemeral_storage=True)  # wrong
    Resources(cpu=flag)  # wrong
    Resources(mem=flag)  # wrong
    Resources(cpu=(True, 1))  # wrong
    Resources(mem=(1, True))  # wrong
    Resources(cpu=[True, 1])  # wrong
    Resources(mem=[1, True])  # wrong
    Resources(mem=flags)  # wrong
    Resources(cpu=numpy_flag)  # wrong
    Resources(gpu=0.5)  # wrong
    Resources(mem=fraction)  # wrong
    Resources(gpu=(0.5, 1))  # wrong
    Resources(gpu=[0.5, 1])  # wrong
    Resources(gpus=1)  # wrong
    Resources(memory="1Gi")  # wrong
    Resources(1, 2, 3, 4, 5)  # wrong
    Resources(cpu=Fraction(1, 2))  # wrong
    Resources(cpu=1j)  # wrong
    Resources(cpu=b"1")  # wrong
    Resources(cpu=("1", "2", "3"))  # wrong
    Resources(cpu=("1",))  # wrong
    Resources(cpu={"request": 1})  # wrong
    memory: ResourceValue = True  # wrong
    cpu: CpuValue = True  # wrong
    Resources(cpu=cpu, mem=memory)


def use(r: Resources) -> None:
    r.cpu = 2  # wrong
    r.requests["cpu"] = Quantity(1)  # wrong
    Resources.from_json({"cpu": 1})  # wrong
    Resources.from_bytes("1")  # wrong
    r.to_kubernetes(1)  # wrong
    Quantity("1") + 1  # wrong
    print(Quantity("1") < "2")  # wrong
    Quantity(None)  # wrong


async def ask(client: Client, other: AsyncClient) -> None:
    client.resolve({"cpu": 1})  # wrong
    Client("127.0.0.1:1", 10)  # wrong
    _ = (await other.resolve(Resources())).spec  # wrong
