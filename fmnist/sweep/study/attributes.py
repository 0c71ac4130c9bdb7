"""The names of what the study keeps of a trial beside Optuna's own fields.

All are user attributes, plain JSON, readable in optuna-dashboard:

folder     the trial's folder, relative to the sweep's: "7"
overrides  what the trial changes, as typed: ["optimizer=adam", "optimizer.lr=0.003"]
owner      the process that runs it: {"host": …, "pid": …, "since_boot": …}
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
