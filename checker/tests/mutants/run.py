#!/usr/bin/env python3
"""How many small mistakes in the tasks' solutions the checker notices.

Changes each task's reference solution (the handler, the workflow, the roles) in one place at a
time, and lets the real `checker verify` judge it in a clone of the project. A mutant that
passes has survived: the checker misses a mistake, unless `equivalent.toml` says why it is none.
Prints the killed ones of each task and the survivors with what was changed. Ends by exit code 1
where the score is below the limit, or the checker could not tell.
"""

import argparse
import collections
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import mutate
import trees

LEAST_PERCENT = 97.0
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.toml")

KILLED, SURVIVED, EQUAL, NOT_BUILT, UNCLEAR = "killed", "survived", "equivalent", "not built", "unclear"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="list the mutants, and try none")
    parser.add_argument("--task", action="append", choices=mutate.TASKS, help="mutants of this task only")
    parser.add_argument("--only", metavar="ID", help="try this one, and show what the checker says")
    parser.add_argument("--sample", type=int, metavar="N", help="about N of them; others the next day")
    parser.add_argument("--seconds", type=float, metavar="S", help="begin no further one after S seconds; the first "
                        "three of each task are tried however long that takes")
    parser.add_argument("--day", type=int, default=datetime.date.today().toordinal(), metavar="D",
                        help="the sample of this day [default: today's]")
    return parser.parse_args()


def verdict(clone, mutant):
    """What the checker makes of a mutant, and what it says."""
    clone.fill(mutant.task, mutant)
    # Where it could not tell, it may be able to now.
    for _ in range(2):
        code, printed, errors = clone.verify(mutant.task)
        if code == 0:
            return SURVIVED, printed
        if code == 1:
            return KILLED, printed
        if code == 2:
            # Or the stack is refused, which the mistake's author is told.
            return NOT_BUILT if "the handler does not compile" in errors else KILLED, errors
    return UNCLEAR, f"exit code {code}: {errors}"


def first_failure(printed):
    """Check and detail of the first failed check of a report."""
    for task in json.loads(printed)["tasks"]:
        for probe in task["probes"]:
            for check in probe["checks"]:
                if check["verdict"] not in ("passed", "skipped"):
                    return f"{check['check']}: {check['detail']}"
    return "no check failed"


class Tally:
    """What became of mutants."""

    def __init__(self, clone, equivalents):
        self.clone, self.equivalents = clone, equivalents
        self.counts = collections.defaultdict(collections.Counter)
        self.listed_but_killed = []
        self.begun = time.monotonic()

    def add(self, mutant, outcome, said):
        listed = mutant.id in self.equivalents
        if outcome == SURVIVED and listed:
            outcome = EQUAL
        if outcome == KILLED and listed:
            self.listed_but_killed.append(mutant.id)
        self.counts[mutant.task][outcome] += 1
        if outcome in (SURVIVED, UNCLEAR):
            text = self.clone.trees[mutant.task][1][mutant.file]
            print(f"{outcome}: {mutant.id}\n{mutant.file}:{mutant.line(text)} in the solution of task {mutant.task}")
            print(mutant.diff(text))
            if outcome == UNCLEAR:
                print(said.rstrip())
            print(flush=True)

    def tried(self):
        return sum(sum(counts.values()) for counts in self.counts.values())

    def show(self, count):
        """How far it is, where somebody looks."""
        if sys.stderr.isatty():
            seconds = time.monotonic() - self.begun
            print(f"\r{self.tried()} of {count} tried, {seconds:.0f} s ", end="", file=sys.stderr, flush=True)

    def total(self):
        all_of = sum(self.counts.values(), collections.Counter())
        counted = all_of[KILLED] + all_of[SURVIVED]
        return all_of, 100 * all_of[KILLED] / counted if counted else 100.0

    def report(self, count):
        for task in mutate.TASKS:
            if task in self.counts:
                print(f"task {task}: {in_words(self.counts[task])}")
        all_of, score = self.total()
        seconds = time.monotonic() - self.begun
        print(f"all tasks: {in_words(all_of)}, score {score:.1f} %; {self.tried()} of {count} tried, {seconds:.0f} s")
        for identity in self.listed_but_killed:
            print(f"in equivalent.toml, but killed: {identity}")


def in_words(counts):
    text = f"killed {counts[KILLED]} of {counts[KILLED] + counts[SURVIVED]}"
    text += f" ({counts[EQUAL]} equivalent, {counts[NOT_BUILT]} not built"
    return text + (f", {counts[UNCLEAR]} unclear)" if counts[UNCLEAR] else ")")


def check_solution(clone, task):
    """What fails already says nothing of a mutant."""
    clone.fill(task)
    code, printed, errors = clone.verify(task)
    if code != 0:
        sys.exit(f"the solution of task {task} does not pass: exit code {code}\n{printed}{errors}")


def show_list(clone, mutants):
    for it in mutants:
        print(f"{it.id}    {it.file}:{it.line(clone.trees[it.task][1][it.file])}")
    for task in mutate.TASKS:
        kinds = collections.Counter(it.kind for it in mutants if it.task == task)
        if kinds:
            each = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
            print(f"task {task}: {sum(kinds.values())} mutants ({each})")
    print(f"all tasks: {len(mutants)} mutants")


def try_only(clone, mutant):
    check_solution(clone, mutant.task)
    outcome, said = verdict(clone, mutant)
    print(mutant.diff(clone.trees[mutant.task][1][mutant.file]))
    print(said.rstrip() if outcome != KILLED or not said.startswith("{") else first_failure(said))
    print(outcome)
    return outcome != SURVIVED


def try_all(clone, rounds, equivalents, seconds):
    tally, passing = Tally(clone, equivalents), set()
    count = sum(map(len, rounds))
    for number, mutants in enumerate(rounds):
        for mutant in mutants:
            late = seconds is not None and time.monotonic() - tally.begun > seconds
            if late and number > 0:
                break
            if mutant.task not in passing:
                check_solution(clone, mutant.task)
                passing.add(mutant.task)
            tally.add(mutant, *verdict(clone, mutant))
            tally.show(count)
    tally.report(count)
    all_of, score = tally.total()
    if score < LEAST_PERCENT:
        print(f"below the limit of {LEAST_PERCENT} %")
    if all_of[UNCLEAR]:
        print("the checker could not tell of some: run it again")
    return score >= LEAST_PERCENT and not all_of[UNCLEAR]


def main():
    given = arguments()
    if not given.list or not trees.CHECKER.exists():
        subprocess.run(["cargo", "build", "--quiet", "--bins"], cwd=trees.ROOT, check=True)
    try:
        equivalents = mutate.read_equivalents(EQUIVALENT.read_text())
    except ValueError as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as folder:
        clone = trees.Clone(folder)
        mutants = [it for task in mutate.TASKS for it in mutate.mutants_of(task, *clone.trees[task])]
        unknown = mutate.unknown(equivalents, mutants)
        if unknown:
            sys.exit("no mutant has these ids of equivalent.toml:\n" + "\n".join(unknown))
        chosen = [it for it in mutants if not given.task or it.task in given.task]
        if given.list:
            show_list(clone, chosen)
            return
        if given.only:
            found = [it for it in mutants if it.id == given.only]
            if not found:
                sys.exit(f"no mutant has the id {given.only}: see --list")
            sys.exit(0 if try_only(clone, found[0]) else 1)
        rounds = mutate.in_turns(chosen, given.day, given.sample)
        print(f"{sum(map(len, rounds))} of {len(mutants)} mutants, day {given.day}", flush=True)
        passed = try_all(clone, rounds, equivalents, given.seconds)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
