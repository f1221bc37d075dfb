"""Measure the sentence encoders side by side: polarity, other uses, latency, batch, memory.

Run ``python -m benchmarks.scoring_encoders [--indonli FOLDER] [--encoders NAMES] [--threads N]``.

Protocol, fixed before any result was looked at.

Polarity: IndoNLI's ``val.jsonl``. For every premise, every pair of one of its entailed and one of
its contradicted hypotheses; a pair is right where the entailed one has the higher value, by (a)
cosine of the two embeddings and, for an encoder with an adapter, (b) ``polarity``, the pair head.
Figures are shares of all pairs (651) with a bootstrap interval over premises (1,000 draws, seed 1).
Settings of the adapter (layers, rank, weights of the losses, learning rate, epochs) are chosen on
every seventh premise of ``train.jsonl``, which the trial runs do not train on; the shipped adapter
is then trained on all of train with those settings and val is looked at once.

Other uses: every anchor of the starter bank, scored by a head that saw neither it nor the
negatives of its level (``leave_anchors_out``): QWK of the rounded expected level, log loss, share
of anchors above their negatives. An adapter passes if QWK is no lower than the unadapted encoder's
by more than .01.

Latency: one answer of 100 words, an anchor's sentences, through encoder, evidence, head and gate;
20 warm runs, median. Batch: 10,000 distinct answers of 10 to 40 words made of words of the bank's
anchors (seed 1), ``encode`` alone and with the default settings; answers a second. Memory: resident
after load and peak after the rubrics are prepared, the answers of the latency test scored and 500
answers encoded. Latency, batch and memory of each encoder in a process of its own.
"""
