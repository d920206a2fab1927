"""The process that the panel starts: jobs in as files, progress and results out as lines of JSON.

python -m StrokeSegLogic.worker JOB.json                     one job, then the end
python -m StrokeSegLogic.worker --session FOLDER --parent PID    every FOLDER/*/job.json that appears, models kept
"""
