"""Which parameters mattered: PED-ANOVA (Watanabe et al., 2023, https://www.ijcai.org/proceedings/2023/0488.pdf)."""

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.study import Study

ENOUGH = 10  # complete trials; with fewer all parameters come out alike


def importances(study: "Study") -> dict[str, float]:
    """Each parameter's share in what separates the best tenth of the trials from the rest, largest first.

    By the first objective; empty as long as there are too few complete trials to say anything.
    """
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < ENOUGH or not any(trial.params for trial in complete):
        return {}
    # Not before it is needed: with it comes scikit-learn, where that is installed, and that takes a second.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    sign = 1 if study.directions[0].name == "MINIMIZE" else -1  # the evaluator looks for low values of a target
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it does so, and that it is experimental
        return get_param_importances(
            study, evaluator=PedAnovaImportanceEvaluator(), target=lambda trial: sign * trial.values[0]
        )
