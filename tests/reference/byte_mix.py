"""How the mix codes a byte: the contexts' counters and the matches of half a byte, mixed and refined (sections 15 to 21)."""

from collections import defaultdict

from contexts import ARRAY, TABLE, TEXT, array_contexts, kind_of, residual_contexts, table_contexts
from frame import BEST, DEFAULT, FAST
from hashing import ContextTable, bit_length_within, fold, times_k
from matches import ORDERS, IndirectTable, MatchTable
from mixing import Apm, FinalMixer, clamp, learn_mixed
from probability import Probability, squash, stretch
from run_model import RunModel
from text import text_contexts

CONTEXTS = {FAST: 5, DEFAULT: 10, BEST: 20}
CONTEXTS_OF_TEXT = {FAST: 4, DEFAULT: 8, BEST: 20}
INDIRECT = "indirect"


def expert_probability():
    return Probability(49152)


class ByteMix:
    """All that is kept from byte to byte and that the lanes share."""

    def __init__(self, structure, effort, frame_length, divided):
        self.kind = kind_of(structure)
        self.effort = effort
        contexts = (CONTEXTS_OF_TEXT if self.kind == TEXT else CONTEXTS)[effort]
        bits = bit_length_within(frame_length.bit_length() + 1, 8, 15)
        self.tables = [ContextTable(bits) for _ in range(contexts)]
        self.matches = [MatchTable(order, frame_length, divided) for order in ORDERS]
        self.indirect = IndirectTable(frame_length)
        self.experts = [*ORDERS, INDIRECT]
        self.expert_probabilities = defaultdict(expert_probability)
        # Which of the four selections the weight sets have, in order.
        if effort == FAST:
            self.selections = (2, 1) if self.kind in (TABLE, TEXT) else (0, 1)
        else:
            self.selections = (0, 1, 2) if effort == DEFAULT else (0, 1, 2, 3)
        self.mixer = FinalMixer(contexts, len(self.experts), len(self.selections))
        self.apms = (Apm(), Apm())
        self.runs = RunModel()

    def contexts(self, history, references, text):
        if self.kind == TEXT:
            return text_contexts(history, text)
        if self.kind == TABLE:
            return table_contexts(history, references)
        return (array_contexts if self.kind == ARRAY else residual_contexts)(history)


class MixedByte:
    """One byte of a lane on its way through the mix, half by half."""

    def __init__(self, mix, lane, history, references):
        self.mix = mix
        self.lane = lane
        self.history = history
        contexts = mix.contexts(history, references, lane.text)
        self.hashes = [times_k(fold(c, j)) for j, c in enumerate(contexts[: len(mix.tables)])]
        self.byte = 1
        self.errors = 0
        step = lane.step
        # What predicts a whole byte: the expert, the byte and how far it is to be trusted.
        self.predictions = [
            (order, lane.segment.data[match.position], match.bucket())
            for order, match in zip(ORDERS, lane.matches)
            if match.predicts(step)
        ]
        self.indirect_hash = self.hashes[1] if mix.kind == TABLE else None
        if mix.kind == TABLE:
            index = mix.indirect.find(self.indirect_hash)
            if index is not None:
                _, byte, count = mix.indirect.entries[index]
                self.predictions.append((INDIRECT, byte, count))
        # The text phase stands for the byte's phase in text.
        self.w = lane.text.phase if mix.kind == TEXT else history.w
        self.error_level = sum(lane.error >= limit for limit in (12000, 24000, 31000))

    def code_half(self, bit_of):
        """Takes four bits from `bit_of(probability)`."""
        mix = self.mix
        root = self.byte
        self.lower = root > 1
        hashes = [times_k(fold(h, root)) if self.lower else h for h in self.hashes]
        self.slots = [table.find(h) for table, h in zip(mix.tables, hashes)]
        # Those whose upper four bits are the ones coded.
        self.predicted = {
            expert: (byte & 15 if self.lower else byte >> 4, bucket)
            for expert, byte, bucket in self.predictions
            if not self.lower or byte >> 4 == root & 15
        }
        selections, last_selection = self.select(root)
        self.path = []
        node = 1
        for depth in range(4):
            inputs, experts = self.inputs(node, depth)
            logit, mixed = mix.mixer.mix(inputs, node, selections, last_selection)
            tree_node = root * (1 << depth) + node - (1 << depth)
            probability, points = self.refine(logit, tree_node)
            bit = bit_of(probability)
            self.path.append((node, bit, mixed, experts, points))
            node = 2 * node + bit
        self.byte = self.byte << 4 | node & 15

    def select(self, root):
        """The weight sets that the mixers of this half use, and that of the last one."""
        mix, w, h = self.mix, self.w, int(self.lower)
        buckets = [bucket for expert, (_, bucket) in self.predicted.items() if expert != INDIRECT]
        error_level = self.error_level
        longest = max(buckets) if buckets else (44 + error_level if error_level else 0)
        v = 16 * min(self.lane.text.field, 15) + w if mix.kind == TEXT else self.history.c % 256
        known = sum(slot.seen() > 0 for slot in self.slots)
        weight_sets = (32 * w + root, 2 * longest + h, 2 * v + h, 2 * (15 * known + w) + h)
        return [weight_sets[n] for n in mix.selections], 2 * (15 * error_level + w) + h

    def inputs(self, node, depth):
        """The inputs at a node, and the adaptive probabilities of the experts that took part."""
        inputs = [0]
        for slot in self.slots:
            counter = slot.counters[node]
            confident = clamp(stretch(counter.p) + 8 >> 4, -127, 127) << 7 if counter.seen else 0
            inputs += (confident, counter.p - 32768 >> 2)
        experts = []
        for expert in self.mix.experts:
            half, bucket = self.predicted.get(expert, (None, 0))
            # The predicted half leads through this node if its upper bits lead to it.
            if half is None or (16 | half) >> 4 - depth != node:
                inputs.append(0)
                continue
            bit = half >> 3 - depth & 1
            index = 2 * bucket + (1 if self.lower or node > 1 else 0)
            probability = self.mix.expert_probabilities[expert, index]
            logit = stretch(probability.p) << 3
            inputs.append(logit if bit else -logit)
            experts.append((probability, bit))
        inputs.append(2048)
        return inputs, experts

    def refine(self, logit, tree_node):
        if self.mix.effort == FAST:
            return squash(logit), ()
        last_byte = self.history.back(1) % 256
        selectors = (256 * self.w + tree_node, 256 * last_byte + tree_node)
        reads = [apm.read(selector, logit) for apm, selector in zip(self.mix.apms, selectors)]
        probability = 2 * squash(logit) + reads[0][0] + reads[1][0] >> 2
        return clamp(probability, 1, 65535), [point for _, point in reads]

    def learn_half(self):
        for node, bit, mixed, experts, points in self.path:
            for slot in self.slots:
                slot.counters[node].learn(bit)
            for probability, predicted_bit in experts:
                probability.learn(int(predicted_bit == bit))
            self.errors += learn_mixed(mixed, bit)
            for point in points:
                point.learn(bit)

    def learn_byte(self, byte):
        """What is learned once the whole byte is known; returns the sum of its bits' errors."""
        self.lane.error += (self.errors >> 3) - self.lane.error >> 4
        if self.mix.kind == TABLE:
            self.mix.indirect.learn(self.indirect_hash, byte)
        return self.errors
