"""What the study remembers of a trial beside Optuna's own fields, under which names.

All are user attributes, plain JSON, readable in optuna-dashboard:

folder     the trial's folder, relative to the sweep's: "7"
overrides  what the trial changes, as typed: ["optimizer=adam", "optimizer.lr=0.003"]
owner      who runs it: {"host": …, "pid": …, "started": …}
epochs     epochs that were trained
seconds    wall time of the trial
reason     why it was pruned or failed, in one line
attempts   how often it was started
"""

FOLDER = "folder"
OVERRIDES = "overrides"
OWNER = "owner"
EPOCHS = "epochs"
SECONDS = "seconds"
REASON = "reason"
ATTEMPTS = "attempts"
