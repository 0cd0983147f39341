"""What a stream profile takes from TRex's library, as far as a stand-in needs it: layers that know their bytes."""


class Layer(object):
    def __init__(self, length, **fields):
        self.length = length
        self.fields = fields

    def __truediv__(self, other):
        padding = len(other) if isinstance(other, str) else other.length
        return Layer(self.length + padding, **self.fields, **({} if isinstance(other, str) else other.fields))

    def __len__(self):
        return self.length


def Ether(src, dst):
    return Layer(14, source=src, destination=dst)


def IP(src, dst):
    return Layer(20)


def UDP(sport, dport, chksum):
    return Layer(8, destination_port=dport)


def STLVmFlowVar(name, min_value, max_value, size, op):
    return {'source_ports': [min_value, max_value]}


def STLVmWrFlowVar(fv_name, pkt_offset):
    return {}


class STLScVmRaw(object):
    def __init__(self, commands, cache_size):
        self.facts = {name: value for command in commands for name, value in command.items()}


class STLPktBuilder(object):
    def __init__(self, pkt, vm=None):
        self.pkt = pkt
        self.facts = {} if vm is None else vm.facts


class STLTXCont(object):
    def __init__(self, pps):
        self.pps = pps


class STLFlowLatencyStats(object):
    def __init__(self, pg_id):
        self.pg_id = pg_id


class STLStream(object):
    def __init__(self, packet, mode, isg=0.0, flow_stats=None):
        self.facts = dict(packet.pkt.fields, size=len(packet.pkt), **packet.facts)
        if flow_stats is not None:
            self.facts.update(packet_group=flow_stats.pg_id, pps=mode.pps)
