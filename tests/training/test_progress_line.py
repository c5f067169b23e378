from keras_nonnormal.training import ProgressLine


def test_there_is_a_line_whenever_so_many_more_steps_are_done(capsys):
    line = ProgressLine(every=200)
    line.on_epoch_begin(0)
    # 60 steps per call of the compiled function: batches 59, 119, ...
    for batch in range(59, 480, 60):
        line.on_train_batch_end(batch, {"loss": batch / 100})
    lines = capsys.readouterr().out.splitlines()
    assert [each.split(";")[0] for each in lines] == [
        "  240 steps: loss 2.3900",
        "  420 steps: loss 4.1900",
    ]
    assert all(each.endswith(" s/step") for each in lines)
