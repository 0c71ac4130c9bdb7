"""The names of what the study keeps of a trial beside Optuna's own fields.

All are user attributes, plain JSON, readable in optuna-dashboard:

folder     the trial's folder, relative to the sweep's: "7"
overrides  what the trial changes, as typed: ["optimizer=adam", "optimizer.lr=0.003"]
owner      the process that runs it, with the token of its lease: {"host": …, "pid": …, "token": …, …}
beat       counted up by the owner as long as it lives
epochs     epochs that were trained
seconds    wall time of the trial
reason     why it was pruned or failed, in one line
attempts   how often it was started
deaths     how often the process that ran it died
"""

FOLDER = "folder"
OVERRIDES = "overrides"
OWNER = "owner"
BEAT = "beat"
EPOCHS = "epochs"
SECONDS = "seconds"
REASON = "reason"
ATTEMPTS = "attempts"
DEATHS = "deaths"
