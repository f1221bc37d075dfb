"""Measure models trained on human scores, on real answers scored by people.

Run ``python benchmarks/scoring_answers.py --idsag DIR --ukara DIR [--cache FILE] [--only NAMES]``.

Protocol, frozen before any result was looked at
------------------------------------------------
Data. IDSAG (Haidir & Purwarianti 2020): 30 questions with one key answer each, 160 to 268 answers
scored 0-5. It has no licence: the caller gives a path, nothing of it is kept. UKARA 1.0: two
prompts, answers labelled 0/1, files ``data_train_*`` and ``data_dev_*``.

Folds. Per IDSAG question five folds, grouped by normalised text (NFKC, lower case, letters and
digits only), so that copies of an answer never stand on both sides. Distinct texts are shuffled by
``numpy.random.default_rng(20240)`` and dealt to the folds in turn. Everything (vocabulary,
standardisation, kernel weights, ridge, link, rounding, thresholds) is fitted on the four training
folds. What is common to questions (the prior for few scores, conformal quantiles of unseen
questions) is fitted on the other 29 questions only.

Development. The 16 odd-numbered questions (1, 3, ... of each file) were used to try variants, with
folds of another seed (7). The 14 even ones were first looked at with the finished model; both
halves are printed, so that a reader sees what trying variants was worth.

Figures.
1. Full data: per question the QWK of the levels decided in the five test folds together; their
   mean over 30 questions; QWK of all answers pooled; RMSE of the expected level, pooled; ECE of
   the level distribution (10 equal-width bins of the probability of the decided level).
2. Learning curve: the first n answers of a question's training folds, chosen by diversity of their
   embeddings (never by scores), for n = 10, 20, 40, 80, 150, tested on the same test folds; at
   n <= 80 with the prior learned on the other 29 questions.
3. 80 % coverage: answers are abstained from by predicted risk. The threshold is the 80 % quantile
   of leave-one-out risk within training folds; QWK over the answers scored, mean over questions;
   the coverage that came out is printed.
4. Conformal 90 % sets: calibrated on the 29 other questions' out-of-fold predictions, coverage on
   the question left out; mean over questions, and least.
5. UKARA: trained on train; dev is looked at once, with the finished model; F1 of label 1 over both
   prompts' dev answers pooled.
6. Seconds to train one question and to score one answer, embeddings excluded.

References to beat: mean / pooled QWK .829 / .913, RMSE .689; ten answers .704; at 80 % coverage
.872; UKARA .81 published, .8225 with dev added to training; conformal coverage .918; ECE .019.
"""
