"""How much gaming is caught at 2 % false alarms, on unseen questions and unseen kinds of attack?

Protocol, fixed before any result.

Genuine answers. IDSAG (no licence: read from the folder that the caller names, nothing of it is
kept): answers of five words or more that a person scored above 0, repeats within a question left
out. The questions with odd numbers are the design half: signs, their weights and every constant
were chosen on it alone. The questions with even numbers are looked at once, with the detector
fitted on the design half; that is the result. UKARA's two prompts (answers labelled 1, five words
or more) are looked at once too, with the same detector: another school subject, another source.
Starter bank: its development answers of every kind but gaming, fitted on the competencies at even
places in the alphabet (anchors and development answers) and tested on those at odd places.

Attacks. Every kind of ``scoring_models.gaming.attacks``, made by seed from good answers (IDSAG: 4 or
5 points; UKARA: label 1; bank: level 3 or more) of the tested questions, of eight words or more, 30 a
kind and question. A good answer that is off topic, salad's vocabulary and stuffed terms come from
the tested half, so that no attack shares text with what the detector was fitted on. Boilerplate is
pasted by five candidates a text, each with edits; the index holds the other four and all genuine
answers to the question. The bank's 72 gaming answers written by hand are a set of their own.

Detector. Language model of the order of words: the starter bank's texts (for the bank's own test:
those of the fitted competencies) and the fitted half's genuine answers. Thresholds: genuine answers
of the fitted half only, 2 % overall. No attack of any kind is seen in fitting, so that every kind is
an unseen kind. The detector knows a tested question's text and key (rubric), and in the second
table also 20 answers to it by other candidates, none of them scored, attacks not among them.

Figures. Share caught a kind, with the share of genuine answers wrongly flagged (and, apart, of
genuine answers scored 0, and of those under five words, which the gate sends to a person for their
length). Attacks below .95 are broken down by variant and length.

Run: python -m benchmarks.scoring_gaming --idsag DIR --ukara DIR [--half design|test] [--seed N]
"""
